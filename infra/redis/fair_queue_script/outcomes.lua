-- What becomes of messages: noted, done, set aside.

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
