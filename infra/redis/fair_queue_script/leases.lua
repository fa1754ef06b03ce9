-- Leases: what was taken comes back when they end.

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
