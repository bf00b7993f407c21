//! The kinds of stream that lines come over: TCP and unix. What is done with
//! their bytes is the same and stands in `connections`.
//!
//! Heat: cold (the calls are passed on to tokio and the system).

use std::io::{self, Read};

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
    ($stream:ty, $std:ty, $listener:ty, $name:literal) => {
        impl Stream for $stream {
            type Std = $std;

            async fn readable(&self) -> io::Result<()> {
                self.readable().await
            }

            fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
                self.try_read(buffer)
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

stream!(TcpStream, std::net::TcpStream, tokio::net::TcpListener, "StatsD over TCP");
stream!(
    UnixStream,
    std::os::unix::net::UnixStream,
    tokio::net::UnixListener,
    "StatsD over a unix stream"
);
