-- The fair send queue: every operation of domain/ports/fair_queue.py that changes something, each in one step.
--
-- ARGV: operation, key prefix, now (microseconds), then the operation's own. Messages are named by 16 raw bytes (`id`) within an
-- organization; between organizations by `member` = id .. org.
--
-- Of one organization (its name is the hash tag):
--   messages           hash   id -> packed {channel, urn, urgent, queued_on, cost, payload}
--   heads              hash   chain -> id of the message that is to go first, or is taken
--   behind:<chain>     zset   those that wait for the head, by queued_on
--   urgent             set    chains in which a reply waits
--   queue:<channel>    zset   heads that are not taken, by priority, then age
--   ready              zset   channels with something in their queue, by the time at which they may send
--   rates, tat         hash   channel -> cost per second; channel -> time at which all that was sent is paid for (GCRA)
--   rests              hash   channel -> time before which it sends nothing (throttled)
--   paused             set    channels
--   quiet              hash   channel -> the text that says when messages are put off
--   asleep:<channel>   zset   those put off (they are in `later` too), by queued_on
--   sizes              hash   channel -> messages not done
--   done:<period>      set    ids done in this period
-- Of all:
--   turns              zset   organizations that may have something to send now, by the cost served
--   served             hash   organizations not in turns that are ahead of the clock -> cost served
--   clock              string the cost served of the organization served last: where newcomers start
--   resting            zset   organizations that wait for a channel's time
--   later              zset   members set aside until a time
--   leases, holders    zset, hash   members taken, by the end of the lease; member -> worker
--   outcomes           hash   member -> noted outcome
--   organizations      set    all that ever had a message since the last `clear`

local operation, prefix, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local call = redis.call
local QUANTUM, SLACK, DONE_MEMORY = 8, 200000, 900000000
local BULK = 4503599627370496 -- 2^52: above every time, so that urgent ones sort first
local AT_ONCE = 500

local function all(name) return prefix .. ':' .. name end
local function of(org, name) return prefix .. ':{' .. org .. '}:' .. name end
local function number(value) return string.format('%.0f', value) end
local function chain_of(message) return message[1] .. '|' .. message[2] end

local function load_message(org, id)
  local packed = call('HGET', of(org, 'messages'), id)
  return packed and cmsgpack.unpack(packed)
end

local operations = {}
