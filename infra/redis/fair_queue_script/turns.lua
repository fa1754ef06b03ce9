-- Turns: which organizations have something to send, and when.

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
