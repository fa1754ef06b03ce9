-- Pushing, and changing what was pushed.

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
