-- Terms: rates, pauses, throttles, quiet hours.

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
