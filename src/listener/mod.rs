//! Where lines come in: sockets, and the threads and tasks that read them. What
//! a line means is not known here; whoever reads hands bytes to an [`Ingest`].
//!
//! | file | job |
//! |---|---|
//! | [`address`] | `HOST:PORT` as a user types it |
//! | [`bind`] | sockets from addresses, before anything is started |
//! | [`socket_file`] | the file of a unix socket: stale ones, mode, removal |
//! | [`udp`], [`unixgram`] | threads that receive datagrams |
//! | `datagrams` | the loop that both run |
//! | [`meter`] | what the kernel says of a socket's datagrams |
//! | `pace` | when that loop sleeps and when it blocks |
//! | `receive` | the system calls, and with them nearly all `unsafe` of the project |
//! | [`connections`] | connections that send lines |
//! | [`limits`] | what connections share, and may take |
//! | [`stream`] | what TCP and unix streams have in common |
//! | [`lines`] | cutting a stream into lines |
//! | [`pool`] | the workers that connections share |
//! | [`stop`] | telling the threads to stop |
//!
//! Heat: hot (nothing is decided per datagram but where it ends).

pub mod address;
pub mod bind;
pub mod connections;
mod datagrams;
pub mod limits;
pub mod lines;
pub mod meter;
mod pace;
pub mod pool;
mod receive;
pub mod socket_file;
pub mod stop;
pub mod stream;
pub mod udp;
pub mod unixgram;

pub use datagrams::Timing;
pub use pace::DEFAULT_DELAY;
pub use receive::raise_open_files;

use crate::model::Tick;

/// What takes the bytes that a listener received: one worker, used by one
/// thread at a time. Calls of a batch come in this order: [`Ingest::datagram`]
/// or [`Ingest::line`] any number of times, for datagrams then
/// [`Ingest::received`] once, then [`Ingest::flush`] once.
pub trait Ingest {
    /// Takes one datagram, at most 65,536 bytes, perhaps empty. Splitting it
    /// into lines and counting them is the worker's.
    fn datagram(&mut self, bytes: &[u8], now: Tick);

    /// Takes datagrams, each as [`Ingest::datagram`] does, in their order, all of
    /// them.
    fn datagrams<'d>(&mut self, datagrams: impl Iterator<Item = &'d [u8]>, now: Tick) {
        datagrams.for_each(|bytes| self.datagram(bytes, now));
    }

    /// Takes one line of a stream, without its `\n` or `\r\n`; it may be empty,
    /// and counts as a line then too.
    fn line(&mut self, bytes: &[u8], now: Tick);

    /// Counts the datagrams of the batch that was just handed over.
    fn received(&mut self, batch: Received);

    /// Ends a batch: makes what the worker counted visible to others.
    fn flush(&mut self);
}

/// A transport that carries datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// UDP over IPv4 or IPv6.
    Udp,
    /// A unix datagram socket.
    Unixgram,
}

/// How many datagrams a batch held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// How they came.
    pub transport: Transport,
    /// All of them, truncated ones too; at least 1.
    pub datagrams: u64,
    /// Those longer than 65,536 bytes (only unixgram has any). Their whole
    /// lines were handed over; the line that was cut, and what followed it, was
    /// not.
    pub truncated: u64,
}
