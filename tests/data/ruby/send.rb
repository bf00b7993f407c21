# Sends with the very client library that Mastodon uses: over UDP to
# 127.0.0.1:ARGV[0], over TCP to 127.0.0.1:ARGV[1], a known set of samples.
require 'statsd'

def send_all(statsd, prefix)
  statsd.namespace = prefix
  yield statsd
end

# One line a datagram.
udp = Statsd.new('127.0.0.1', ARGV.fetch(0).to_i)
send_all(udp, 'ruby.udp') do |s|
  3.times { s.increment('hits') }
  s.count('hits', 5)
  s.count('Some::Module.hits', 2)
  s.decrement('down')
  s.gauge('users', 42)
  s.gauge('load', 0.25)
  s.gauge('tiny', 1.0e-05)
  s.gauge('huge', 1.0e+16)
  s.timing('took', 320)
  s.timing('took', 0.885163)
  s.time('block') { nil }
  s.gauge("t\u00e4ble", 1) # sent five times: the library compares bytes with characters
end

# Several lines a datagram.
send_all(udp, 'ruby.batch') do |s|
  s.batch do |b|
    25.times { b.increment('hits') }
    b.gauge('users', 7)
    b.timing('took', 1500)
  end
end

# Over TCP the library sends no end of line (1.4.0), so that each message is a
# connection of its own; a batch has ends of lines between its lines.
tcp = Statsd.new('127.0.0.1', ARGV.fetch(1).to_i, :tcp)
send_all(tcp, 'ruby.tcp') do |s|
  s.increment('hits')
  s.connect
  s.gauge('users', 9)
  s.connect
  s.batch_size = 1000
  s.batch do |b|
    30.times { b.increment('batched') }
    b.timing('took', 250)
  end
end
