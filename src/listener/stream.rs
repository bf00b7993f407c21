//! The kinds of stream that lines come over: TCP and unix. What is done with
//! their bytes is the same and stands in `connections`.
//!
//! Heat: cold (the calls are passed on to tokio and the system).

use std::io::{self, Read};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, UnixStream};

use crate::accept::Listen;

/// A connection that lines are read from.
pub trait Stream: Sized + Send + Sync + 'static {
    /// The same connection outside the runtime, non-blocking.
    type Std: Read + Send + 'static;

    /// Waits until there may be something to read.
    fn readable(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// Reads what there is, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing, else what the system says.
    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Has the kernel find out by itself when the client is gone without a word, as
    /// after a loss of power. A client that is silent is not disturbed.
    ///
    /// # Errors
    /// If the system refuses; the connection is as good as it was.
    fn watch_client(&self) -> io::Result<()>;

    /// Closes the connection so that the client learns of it at its next write, or
    /// before.
    fn refuse(self);

    /// Takes the connection out of the runtime.
    ///
    /// # Errors
    /// If the runtime does not let go of it.
    fn into_std(self) -> io::Result<Self::Std>;
}

/// A listening socket for connections that lines are read from.
pub trait LineListener: Listen<Stream: Stream> + Send + Sync + 'static {
    /// What it is called in the log.
    const NAME: &'static str;

    /// Takes a connection that waits in the queue of a listener that is outside
    /// the runtime; it is made non-blocking.
    ///
    /// # Errors
    /// `WouldBlock` if there is none, else what the system says.
    fn take_waiting(listener: &Self::Std) -> io::Result<<Self::Stream as Stream>::Std>;
}

macro_rules! stream {
    ($stream:ty, $std:ty, $listener:ty, $name:literal, $watch:path, $refuse:path) => {
        impl Stream for $stream {
            type Std = $std;

            async fn readable(&self) -> io::Result<()> {
                self.readable().await
            }

            fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
                self.try_read(buffer)
            }

            fn watch_client(&self) -> io::Result<()> {
                $watch(self)
            }

            fn refuse(self) {
                $refuse(self);
            }

            fn into_std(self) -> io::Result<Self::Std> {
                self.into_std()
            }
        }

        impl LineListener for $listener {
            const NAME: &'static str = $name;

            fn take_waiting(listener: &Self::Std) -> io::Result<$std> {
                let (stream, _) = listener.accept()?;
                stream.set_nonblocking(true)?;
                Ok(stream)
            }
        }
    };
}

stream!(
    TcpStream,
    std::net::TcpStream,
    tokio::net::TcpListener,
    "StatsD over TCP",
    keep_alive,
    reset
);
stream!(
    UnixStream,
    std::os::unix::net::UnixStream,
    tokio::net::UnixListener,
    "StatsD over a unix stream",
    nothing_to_watch,
    drop
);

/// A minute of silence before the kernel asks, then every quarter of one, eight
/// times: a client that is gone is known after three minutes. The process is not
/// woken for it.
const KEEP_ALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_mins(1))
    .with_interval(Duration::from_secs(15))
    .with_retries(8);

fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_tcp_keepalive(&KEEP_ALIVE)
}

/// An end by reset: nothing lingers in the kernel for it.
fn reset(stream: TcpStream) {
    // If that fails it is an orderly end.
    let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    drop(stream);
}

/// The kernel knows both ends of a unix socket.
#[expect(clippy::unnecessary_wraps, reason = "a TCP stream may refuse to be watched")]
const fn nothing_to_watch(_: &UnixStream) -> io::Result<()> {
    Ok(())
}
