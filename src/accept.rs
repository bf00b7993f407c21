//! Taking connections from a listening socket, for lines over TCP and unix
//! streams and for the web port alike. A server that is out of file descriptors must neither end nor
//! spin: the failure is told, and after a pause the next attempt is made.
//!
//! It knows nothing of what is spoken on the connections.
//!
//! Heat: cold (once per connection).

use std::io;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tracing::warn;

/// The first pause after a failure; each further one in a row doubles it.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// At most one log line per listener in this time.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// A listening socket of the runtime.
pub trait Listen: Sized {
    /// What it gives.
    type Stream;
    /// The same socket outside the runtime.
    type Std;

    /// Hands a bound socket over to the runtime.
    ///
    /// # Errors
    /// If the socket cannot be registered there.
    fn register(listener: Self::Std) -> io::Result<Self>;

    /// The next connection. May be dropped and called again.
    fn next(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Takes the socket out of the runtime.
    ///
    /// # Errors
    /// If the runtime does not let go of it.
    fn into_std(self) -> io::Result<Self::Std>;
}

macro_rules! listen {
    ($listener:ty, $stream:ty, $std:ty) => {
        impl Listen for $listener {
            type Stream = $stream;
            type Std = $std;

            fn register(listener: $std) -> io::Result<Self> {
                listener.set_nonblocking(true)?;
                Self::from_std(listener)
            }

            async fn next(&self) -> io::Result<$stream> {
                self.accept().await.map(|(stream, _)| stream)
            }

            fn into_std(self) -> io::Result<$std> {
                self.into_std()
            }
        }
    };
}

listen!(TcpListener, TcpStream, std::net::TcpListener);
listen!(UnixListener, UnixStream, std::os::unix::net::UnixListener);

/// A listening socket with the patience to outlast a lack of descriptors. How many
/// connections may be open is for its user to say.
#[derive(Debug)]
pub struct Acceptor<L = TcpListener> {
    listener: L,
    port: &'static str,
    patience: Patience,
}

impl<L: Listen> Acceptor<L> {
    /// Takes over a bound listener. `port` names it in the log ("StatsD over
    /// TCP", "web").
    ///
    /// # Errors
    /// If the socket cannot be registered with the runtime.
    pub fn new(listener: L::Std, port: &'static str) -> io::Result<Self> {
        Ok(Self { listener: L::register(listener)?, port, patience: Patience::default() })
    }

    /// The next connection, however long that takes. `failed` is called for
    /// each attempt that the system refused. May be dropped and called again.
    pub async fn accept(&mut self, failed: impl Fn()) -> L::Stream {
        loop {
            match self.listener.next().await {
                Ok(stream) => {
                    self.patience.rest();
                    return stream;
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    failed();
                    let (pause, log) = self.patience.after_failure(Instant::now());
                    if log {
                        warn!(port = self.port, %error, "cannot accept a connection, trying again");
                    }
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Gives the socket back, to take what is still in its queue.
    ///
    /// # Errors
    /// If the socket cannot be taken out of the runtime.
    pub fn into_std(self) -> io::Result<L::Std> {
        self.listener.into_std()
    }
}

/// Whether only the connection is lost that was about to be taken.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// How long to wait after failures in a row, and when to speak of them.
#[derive(Debug, Default)]
struct Patience {
    pause: Option<Duration>,
    log: Seldom,
}

impl Patience {
    fn rest(&mut self) {
        self.pause = None;
    }

    /// The pause before the next attempt, and whether this failure is logged.
    fn after_failure(&mut self, now: Instant) -> (Duration, bool) {
        let pause = self.pause.map_or(SHORTEST_PAUSE, |last| (last * 2).min(LONGEST_PAUSE));
        self.pause = Some(pause);
        (pause, self.log.is_due(now))
    }
}

/// Says when something that may happen all the time is logged: the first time, and
/// then once in ten seconds at most.
#[derive(Debug, Default)]
pub struct Seldom {
    last: Option<Instant>,
}

impl Seldom {
    /// Whether what happens now is logged.
    pub fn is_due(&mut self, now: Instant) -> bool {
        let due = self.last.is_none_or(|last| now.duration_since(last) >= LOG_EVERY);
        if due {
            self.last = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_second_and_begin_anew_after_a_success() {
        let mut patience = Patience::default();
        let now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..10 {
            pauses.push(patience.after_failure(now).0.as_millis());
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
        patience.rest();
        assert_eq!(patience.after_failure(now).0, SHORTEST_PAUSE);
    }

    #[test]
    fn a_storm_of_failures_is_logged_once_in_ten_seconds() {
        let mut patience = Patience::default();
        let start = Instant::now();
        let logged = |patience: &mut Patience, seconds| {
            patience.after_failure(start + Duration::from_secs(seconds)).1
        };
        assert!(logged(&mut patience, 0));
        assert!(!logged(&mut patience, 1));
        assert!(!logged(&mut patience, 9));
        assert!(logged(&mut patience, 10));
        assert!(!logged(&mut patience, 11));
    }
}
