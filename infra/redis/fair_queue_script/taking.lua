-- Taking: messages of those whose turn it is, of channels that may send.

local is_waking = false -- more have slept long enough than are woken at once: the next look wakes on

local function wake()
  local due = call('ZRANGEBYSCORE', all('later'), '-inf', number(now), 'LIMIT', 0, AT_ONCE)
  is_waking = #due == AT_ONCE
  for _, member in ipairs(due) do
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

-- The first in the queue of a channel that may send now, or nil. While others of the channel are still to be woken only a reply is: what
-- was pushed since would overtake its contact's older messages.
local function candidate(org, channel)
  local first = call('ZRANGE', of(org, 'queue:' .. channel), 0, 0, 'WITHSCORES')
  if not first[1] then
    call('ZREM', of(org, 'ready'), channel)
    return nil
  end
  local score = tonumber(first[2])
  if is_waking and score >= BULK and call('ZCARD', of(org, 'asleep:' .. channel)) > 0 then return nil end
  return { id = first[1], score = score }
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
