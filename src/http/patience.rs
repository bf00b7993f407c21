//! A connection whose client takes next to nothing is given up, with the answer
//! that waits for it. Else clients that do not read, or read a byte now and then,
//! would keep every place there is for scrapes.
//!
//! The rule: while a write waits, the client runs up a debt of time; each byte that
//! it takes pays back its share of a second at [`Pace::bytes_a_second`]. When the
//! debt reaches [`Pace::patience`], the connection is given up. So a client that
//! keeps that pace may take as long as it likes, one that stops is given up after
//! `patience`, and one byte in time gains a client as good as nothing. What it
//! takes faster than the pace is not credited: everybody begins without debt, and
//! nobody can save up.
//!
//! Heat: cold (once per write to a socket).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How fast a client has to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The debt that is too much.
    pub(super) patience: Duration,
    /// What pays back a second.
    pub(super) bytes_a_second: u32,
}

/// A stream that fails when its client is too slow in taking what is written.
#[derive(Debug)]
pub(super) struct Patient<S> {
    stream: S,
    pace: Pace,
    debt: Duration,
    /// Since when a write waits, if one does.
    waiting: Option<Instant>,
    /// Rings when the debt has become too much. Made when first needed.
    limit: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncWrite + Unpin> Patient<S> {
    /// A client without debt.
    pub(super) const fn new(stream: S, pace: Pace) -> Self {
        Self { stream, pace, debt: Duration::ZERO, waiting: None, limit: None }
    }

    /// Tries to write; `taken` tells how many bytes that took.
    fn attempt<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
        taken: impl FnOnce(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        if let Poll::Ready(done) = write(Pin::new(&mut self.stream), context) {
            self.settle(done.as_ref().map_or(0, taken));
            return Poll::Ready(done);
        }
        ready!(self.limit().poll(context));
        // Whoever asks again, in spite of the error, gets it again.
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// The wait is over, and so many bytes were taken.
    fn settle(&mut self, bytes: usize) {
        if let Some(since) = self.waiting.take() {
            self.debt += since.elapsed();
        }
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let paid = Duration::from_secs(u64::from(bytes)) / self.pace.bytes_a_second.max(1);
        self.debt = self.debt.saturating_sub(paid);
    }

    /// What rings at the end of patience; set when a wait begins.
    fn limit(&mut self) -> Pin<&mut Sleep> {
        let left = self.pace.patience.saturating_sub(self.debt);
        let limit = self.limit.get_or_insert_with(|| Box::pin(sleep(left)));
        if self.waiting.is_none() {
            let now = Instant::now();
            self.waiting = Some(now);
            limit.as_mut().reset(now + left);
        }
        limit.as_mut()
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.attempt(context, |stream, context| stream.poll_write(context, bytes), |taken| *taken)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = |stream: Pin<&mut S>, context: &mut Context<'_>| {
            stream.poll_write_vectored(context, bytes)
        };
        self.attempt(context, write, |taken| *taken)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.attempt(context, AsyncWrite::poll_flush, |()| 0)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.attempt(context, AsyncWrite::poll_shutdown, |()| 0)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, bytes)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    use super::*;

    const PACE: Pace = Pace { patience: Duration::from_secs(30), bytes_a_second: 100 };

    /// Writes so many bytes to a client that takes `bytes` every `pause`; gives how
    /// it ended, and after what time.
    async fn written(all: usize, bytes: usize, pause: Duration) -> (io::Result<()>, Duration) {
        let (stream, client) = tokio::io::duplex(16);
        let mut patient = Patient::new(stream, PACE);
        let reading = tokio::spawn(read(client, bytes, pause));
        let begin = Instant::now();
        let end = patient.write_all(&vec![7; all]).await;
        let time = begin.elapsed();
        reading.abort();
        (end, time)
    }

    async fn read(mut client: DuplexStream, bytes: usize, pause: Duration) {
        loop {
            sleep(pause).await;
            client.read_exact(&mut vec![0; bytes]).await.unwrap();
        }
    }

    #[track_caller]
    fn given_up((end, time): (io::Result<()>, Duration), from: u64, to: u64) {
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let (from, to) = (Duration::from_secs(from), Duration::from_secs(to));
        assert!(from <= time && time <= to, "{time:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_given_up() {
        given_up(written(100, 1, Duration::from_hours(1)).await, 30, 31);
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_gains_no_time() {
        given_up(written(1_000_000, 1, Duration::from_secs(29)).await, 30, 31);
        given_up(written(1_000_000, 1, Duration::from_secs(1)).await, 30, 32);
        // Half of the pace: twice the patience.
        given_up(written(1_000_000, 50, Duration::from_secs(1)).await, 58, 62);
    }

    #[tokio::test(start_paused = true)]
    async fn who_keeps_the_pace_may_take_hours() {
        let (end, time) = written(1_000_000, 2000, Duration::from_secs(20)).await;
        end.unwrap();
        assert!(time > Duration::from_mins(165), "{time:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn haste_is_not_credited() {
        let (stream, mut client) = tokio::io::duplex(16);
        let mut patient = Patient::new(stream, PACE);
        let (sent, mut taken) = (vec![7; 50_000], vec![0; 50_000]);
        let (written, read) = tokio::join!(patient.write_all(&sent), client.read_exact(&mut taken));
        written.and(read).unwrap();
        let begin = Instant::now();
        let end = patient.write_all(&[7; 100]).await;
        given_up((end, begin.elapsed()), 30, 31);
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_again_is_told_again_and_time_between_writes_is_free() {
        let (stream, mut client) = tokio::io::duplex(16);
        let mut patient = Patient::new(stream, PACE);
        for _ in 0..5 {
            patient.write_all(&[7; 16]).await.unwrap();
            sleep(Duration::from_hours(1)).await;
            client.read_exact(&mut [0; 16]).await.unwrap();
        }
        for _ in 0..2 {
            let error = patient.write_all(&[0; 100]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
    }
}
