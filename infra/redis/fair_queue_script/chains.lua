-- Chains: one contact's messages leave in order.

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
