-- wrk script: POST a template again and again, each time with another identity.
-- Arguments after `--`: template file, path, run name, [header, value]…
local template, path, name, headers, count = "", "/", "r", {}, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  template = file:read("*a")
  file:close()
  path, name = args[2], args[3]
  for index = 4, #args, 2 do headers[args[index]] = args[index + 1] end
end

function request()
  count = count + 1
  local body = template:gsub("@@ID@@", name .. "-" .. count)
  return wrk.format("POST", path, headers, body)
end

function done(summary, latency, requests)
  io.write(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"status_errors":%d,"socket_errors":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
