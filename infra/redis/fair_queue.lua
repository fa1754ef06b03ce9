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

-- The organization may have something to send at this time.
local function activate(org, at)
  if call('ZSCORE', all('turns'), org) then return end
  if at > now then
    call('ZADD', all('resting'), 'LT', number(at), org)
    return
  end
  local clock = tonumber(call('GET', all('clock')) or '0')
  local served = tonumber(call('HGET', all('served'), org) or '0')
  call('HDEL', all('served'), org)
  call('ZREM', all('resting'), org)
  call('ZADD', all('turns'), number(math.max(clock, served)), org)
end

-- The channel has something in its queue: when may it go?
local function ready(org, channel)
  if call('SISMEMBER', of(org, 'paused'), channel) == 1 then return end
  local paid = tonumber(call('HGET', of(org, 'tat'), channel) or '0') - SLACK
  local at = math.max(0, paid, tonumber(call('HGET', of(org, 'rests'), channel) or '0'))
  call('ZADD', of(org, 'ready'), number(at), channel)
  activate(org, at)
end

local function queue_head(org, id, message)
  if call('HEXISTS', all('outcomes'), id .. org) == 1 then return end
  local urgent = message[3] == 1 or call('SISMEMBER', of(org, 'urgent'), chain_of(message)) == 1
  call('ZADD', of(org, 'queue:' .. message[1]), number((urgent and 0 or BULK) + message[4]), id)
  ready(org, message[1])
end

-- Put a message into its chain; at its head if it is older than a head that is not taken.
local function enter(org, id, message)
  local chain = chain_of(message)
  local head = call('HGET', of(org, 'heads'), chain)
  if message[3] == 1 then call('SADD', of(org, 'urgent'), chain) end
  if not head then
    call('HSET', of(org, 'heads'), chain, id)
    queue_head(org, id, message)
    return
  end
  local first = load_message(org, head)
  local waiting = call('ZSCORE', of(org, 'queue:' .. message[1]), head)
  if waiting and first[4] > message[4] then
    call('ZREM', of(org, 'queue:' .. message[1]), head)
    call('ZADD', of(org, 'behind:' .. chain), number(first[4]), head)
    call('HSET', of(org, 'heads'), chain, id)
    queue_head(org, id, message)
    return
  end
  call('ZADD', of(org, 'behind:' .. chain), number(message[4]), id)
  if waiting and message[3] == 1 then queue_head(org, head, first) end
end

-- Take a message out of its chain; the next one comes forward.
local function leave(org, id, message)
  local chain = chain_of(message)
  if call('HGET', of(org, 'heads'), chain) ~= id then
    call('ZREM', of(org, 'behind:' .. chain), id)
    return
  end
  call('ZREM', of(org, 'queue:' .. message[1]), id)
  local next_one = call('ZPOPMIN', of(org, 'behind:' .. chain))[1]
  if next_one then
    call('HSET', of(org, 'heads'), chain, next_one)
    queue_head(org, next_one, load_message(org, next_one))
  else
    call('HDEL', of(org, 'heads'), chain)
    call('SREM', of(org, 'urgent'), chain)
  end
end

local function end_lease(member)
  call('HDEL', all('holders'), member)
  return call('ZREM', all('leases'), member)
end

local function give_back(org, id)
  local member = id .. org
  if end_lease(member) == 0 or call('HEXISTS', all('outcomes'), member) == 1 then return 0 end
  local message = load_message(org, id)
  if message then queue_head(org, id, message) end
  return 1
end

local function reap()
  local returned = 0
  for _, member in ipairs(call('ZRANGEBYSCORE', all('leases'), '-inf', number(now), 'LIMIT', 0, AT_ONCE)) do
    returned = returned + give_back(string.sub(member, 17), string.sub(member, 1, 16))
  end
  return returned
end

local function wake()
  for _, member in ipairs(call('ZRANGEBYSCORE', all('later'), '-inf', number(now), 'LIMIT', 0, AT_ONCE)) do
    call('ZREM', all('later'), member)
    local org, id = string.sub(member, 17), string.sub(member, 1, 16)
    local message = load_message(org, id)
    if message then
      call('ZREM', of(org, 'asleep:' .. message[1]), id)
      enter(org, id, message)
    end
  end
  for _, org in ipairs(call('ZRANGEBYSCORE', all('resting'), '-inf', number(now), 'LIMIT', 0, AT_ONCE)) do
    call('ZREM', all('resting'), org)
    activate(org, now)
  end
end

-- The first in the queue of a channel that may send now, or nil.
local function candidate(org, channel)
  local first = call('ZRANGE', of(org, 'queue:' .. channel), 0, 0, 'WITHSCORES')
  if not first[1] then
    call('ZREM', of(org, 'ready'), channel)
    return nil
  end
  return { id = first[1], score = tonumber(first[2]) }
end

-- Account for what a channel sends; says whether it may send more now.
local function spend(org, channel, cost)
  local rate = tonumber(call('HGET', of(org, 'rates'), channel) or '0')
  if rate <= 0 then return true end
  local tat = math.max(now, tonumber(call('HGET', of(org, 'tat'), channel) or '0')) + cost * 1000000 / rate
  call('HSET', of(org, 'tat'), channel, number(tat))
  if tat - SLACK <= now then return true end
  call('ZADD', of(org, 'ready'), number(tat - SLACK), channel)
  return false
end

-- Messages of one organization up to a cost; returns the cost taken. `rooms` says how many of a channel.
local function take_from(org, most, room, rooms, worker, lease_until, taken)
  local candidates, spent = {}, 0
  for _, channel in ipairs(call('ZRANGEBYSCORE', of(org, 'ready'), '-inf', number(now))) do
    candidates[channel] = rooms[channel] > 0 and candidate(org, channel) or nil
  end
  while spent < most and room > 0 do
    local best
    for channel, first in pairs(candidates) do
      if not best or first.score < candidates[best].score then best = channel end
    end
    if not best then break end
    local id = candidates[best].id
    local message = load_message(org, id)
    call('ZREM', of(org, 'queue:' .. best), id)
    call('ZADD', all('leases'), number(lease_until), id .. org)
    call('HSET', all('holders'), id .. org, worker)
    taken[#taken + 1] = { org, id, best, message[6] }
    spent, room, rooms[best] = spent + message[5], room - 1, rooms[best] - 1
    candidates[best] = spend(org, best, message[5]) and rooms[best] > 0 and candidate(org, best) or nil
  end
  return spent
end

-- The organization had its turn. It stays while it has something to send now, rests until it may, or leaves.
local function after_turn(org, served)
  local first = call('ZRANGE', of(org, 'ready'), 0, 0, 'WITHSCORES')
  if first[1] and tonumber(first[2]) <= now then
    call('ZADD', all('turns'), number(served), org)
    return
  end
  call('ZREM', all('turns'), org)
  call('HSET', all('served'), org, number(served))
  if first[1] then call('ZADD', all('resting'), first[2], org) end
end

local operations = {}

-- org, again (0 or 1), the contents' name ('' for any), then for each message: id, channel, urn, urgent (0 or 1), queued_on, cost,
-- not_before, payload; returns how many were new, -1 if the contents have another name
function operations.push()
  local org, added = ARGV[4], 0
  if ARGV[6] ~= '' and call('GET', all('generation')) ~= ARGV[6] then return -1 end
  local period = math.floor(now / DONE_MEMORY)
  local done, done_before = of(org, 'done:' .. period), of(org, 'done:' .. (period - 1))
  call('SADD', all('organizations'), org)
  for i = 7, #ARGV, 8 do
    local id, channel, not_before = ARGV[i], ARGV[i + 1], ARGV[i + 6]
    if ARGV[5] == '1' then
      call('SREM', done, id)
      call('SREM', done_before, id)
    end
    local known = call('HEXISTS', of(org, 'messages'), id) == 1
      or call('SISMEMBER', done, id) == 1 or call('SISMEMBER', done_before, id) == 1
    if not known then
      local message = { channel, ARGV[i + 2], tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]), tonumber(ARGV[i + 5]), ARGV[i + 7] }
      call('HSET', of(org, 'messages'), id, cmsgpack.pack(message))
      call('HINCRBY', of(org, 'sizes'), channel, 1)
      if tonumber(not_before) > now then
        call('ZADD', all('later'), not_before, id .. org)
        call('ZADD', of(org, 'asleep:' .. channel), number(message[4]), id)
      else
        enter(org, id, message)
      end
      added = added + 1
    end
  end
  return added
end

-- worker, limit, end of the lease, room of a channel ('' for no bound), then channel, room, channel, room, …
function operations.take()
  local worker, limit, lease_until = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
  local otherwise = tonumber(ARGV[7]) or math.huge
  local rooms = setmetatable({}, { __index = function() return otherwise end })
  for i = 8, #ARGV, 2 do rooms[ARGV[i]] = tonumber(ARGV[i + 1]) end
  reap()
  wake()
  local taken, passed_over = {}, {}
  while #taken < limit do
    local least = call('ZRANGE', all('turns'), 0, 1, 'WITHSCORES')
    if not least[1] then break end
    local org, served = least[1], tonumber(least[2])
    call('SET', all('clock'), number(served))
    local spent = take_from(org, QUANTUM, limit - #taken, rooms, worker, lease_until, taken)
    after_turn(org, served + spent)
    if spent == 0 and call('ZREM', all('turns'), org) == 1 then
      passed_over[#passed_over + 1] = { served, org }
    end
  end
  for _, each in ipairs(passed_over) do call('ZADD', all('turns'), number(each[1]), each[2]) end
  return taken
end

function operations.next_look()
  local soonest
  for _, name in ipairs({ 'resting', 'later', 'leases' }) do
    local first = call('ZRANGE', all(name), 0, 0, 'WITHSCORES')
    if first[1] and (not soonest or tonumber(first[2]) < soonest) then soonest = tonumber(first[2]) end
  end
  return soonest and number(soonest)
end

-- org, then ids
function operations.done()
  local org = ARGV[4]
  local remembered = of(org, 'done:' .. math.floor(now / DONE_MEMORY))
  for i = 5, #ARGV do
    local id = ARGV[i]
    local member, message = id .. org, load_message(org, id)
    call('SADD', remembered, id)
    end_lease(member)
    call('HDEL', all('outcomes'), member)
    if message then
      if call('ZREM', all('later'), member) == 0 then
        leave(org, id, message)
      else
        call('ZREM', of(org, 'asleep:' .. message[1]), id)
      end
      call('HDEL', of(org, 'messages'), id)
      if call('HINCRBY', of(org, 'sizes'), message[1], -1) == 0 then call('HDEL', of(org, 'sizes'), message[1]) end
    end
  end
  call('PEXPIRE', remembered, number(2 * DONE_MEMORY / 1000))
  return 0
end

local function set_aside(org, when, id)
  local member, message = id .. org, load_message(org, id)
  call('HDEL', all('outcomes'), member)
  if not message then return nil end
  end_lease(member)
  if call('ZSCORE', all('later'), member) then
    call('ZREM', of(org, 'asleep:' .. message[1]), id)
  else
    leave(org, id, message)
  end
  call('ZADD', all('later'), when, member)
  return message
end

-- org, when, then ids
function operations.retry_at()
  for i = 6, #ARGV do set_aside(ARGV[4], ARGV[5], ARGV[i]) end
  return 0
end

-- org, until, then ids
function operations.put_off()
  local org = ARGV[4]
  for i = 6, #ARGV do
    local message = set_aside(org, ARGV[5], ARGV[i])
    if message then call('ZADD', of(org, 'asleep:' .. message[1]), number(message[4]), ARGV[i]) end
  end
  return 0
end

-- org, id, payload
function operations.change_payload()
  local org, id = ARGV[4], ARGV[5]
  local message = load_message(org, id)
  if message then
    message[6] = ARGV[6]
    call('HSET', of(org, 'messages'), id, cmsgpack.pack(message))
  end
  return 0
end

-- org, then ids
function operations.give_back()
  for i = 5, #ARGV do give_back(ARGV[4], ARGV[i]) end
  return 0
end

function operations.reap() return reap() end

-- worker, until, then members; returns those that are lost
function operations.extend()
  local lost = {}
  for i = 6, #ARGV do
    if call('HGET', all('holders'), ARGV[i]) == ARGV[4] then
      call('ZADD', all('leases'), 'XX', ARGV[5], ARGV[i])
    else
      lost[#lost + 1] = ARGV[i]
    end
  end
  return lost
end

-- worker; returns member, outcome, member, outcome, …
function operations.noted()
  local found = {}
  local outcomes = call('HGETALL', all('outcomes'))
  for i = 1, #outcomes, 2 do
    local until_when = call('ZSCORE', all('leases'), outcomes[i])
    if not until_when or tonumber(until_when) <= now or call('HGET', all('holders'), outcomes[i]) == ARGV[4] then
      found[#found + 1] = outcomes[i]
      found[#found + 1] = outcomes[i + 1]
    end
  end
  return found
end

-- What is waiting in a channel's queue is looked at again under its new terms.
local function look_again(org, channel)
  call('ZREM', of(org, 'ready'), channel)
  if call('EXISTS', of(org, 'queue:' .. channel)) == 1 then ready(org, channel) end
  return 0
end

-- org, then for each channel: channel, rate, paused (0 or 1), quiet; returns the channels with another `quiet` than before
function operations.set_terms()
  local org, other_quiet = ARGV[4], {}
  call('SADD', all('organizations'), org)
  for i = 5, #ARGV, 4 do
    local channel, rate, quiet = ARGV[i], ARGV[i + 1], ARGV[i + 3]
    if tonumber(call('HGET', of(org, 'rates'), channel) or '0') ~= tonumber(rate) then
      call('HSET', of(org, 'rates'), channel, rate)
      call('HDEL', of(org, 'tat'), channel)
    end
    call(ARGV[i + 2] == '1' and 'SADD' or 'SREM', of(org, 'paused'), channel)
    if (call('HGET', of(org, 'quiet'), channel) or '') ~= quiet then other_quiet[#other_quiet + 1] = channel end
    look_again(org, channel)
  end
  return other_quiet
end

-- org, channel, quiet: some of what was put off comes back, the oldest first; returns how many, 0 when `quiet` holds
function operations.recall()
  local org, channel = ARGV[4], ARGV[5]
  local popped = call('ZPOPMIN', of(org, 'asleep:' .. channel), AT_ONCE)
  for i = 1, #popped, 2 do
    local id, message = popped[i], load_message(org, popped[i])
    if call('ZREM', all('later'), id .. org) == 1 and message then enter(org, id, message) end
  end
  if not popped[1] then call('HSET', of(org, 'quiet'), channel, ARGV[6]) end
  return #popped / 2
end

-- org, channel, until
function operations.throttle()
  call('HSET', of(ARGV[4], 'rests'), ARGV[5], ARGV[6])
  call('SADD', all('organizations'), ARGV[4])
  return look_again(ARGV[4], ARGV[5])
end

-- worker, org, channel, time, limit, end of the lease
function operations.take_stale()
  local worker, org, channel, before, lease_until = ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7]), ARGV[9]
  local queue, limit, taken = of(org, 'queue:' .. channel), tonumber(ARGV[8]), {}
  for _, class in ipairs({ 0, BULK }) do
    local ids = call('ZRANGEBYSCORE', queue, number(class), '(' .. number(class + before), 'LIMIT', 0, limit - #taken)
    for _, id in ipairs(ids) do
      call('ZREM', queue, id)
      call('ZADD', all('leases'), lease_until, id .. org)
      call('HSET', all('holders'), id .. org, worker)
      taken[#taken + 1] = { org, id, channel, load_message(org, id)[6] }
    end
  end
  return taken
end

return operations[operation]()
