//! When a receiving thread sleeps and when it blocks. A wake-up costs as much as
//! taking ten or twenty datagrams, so under load the thread sleeps after it has
//! emptied the socket and then takes many at once; at rest it blocks and costs
//! nothing.
//!
//! How long: until as many are awaited as a wake-up is worth, but no longer than a
//! sample may wait (the delay, an operator's choice), and so short that
//! * at the highest rate of late only a quarter of the socket's buffer would fill
//!   meanwhile, and
//! * a burst out of nothing, of a datagram each microsecond as long as those of
//!   late, still finds room (but for buffers that such a burst fills in half a
//!   millisecond: there the rate of late decides alone):
//!
//! coalescing must never lose a datagram. Pure: it neither sleeps nor reads a
//! clock.
//!
//! Heat: warm (once per batch).

use std::time::Duration;

/// The longest that a sample waits, and with it the longest sleep, unless an
/// operator says otherwise: `--statsd.receive-delay`.
pub const DEFAULT_DELAY: Duration = Duration::from_millis(4);
/// However little is awaited, and however small the buffer, a sleep may be as
/// long as this if the delay and the rate of late allow it.
const SHORT_SLEEP_NS: u64 = 500_000;
/// A shorter sleep is not worth it: the kernel's timers are 50 µs late anyway.
const SHORTEST_SLEEP_NS: u64 = 50_000;
/// So many datagrams are worth a wake-up: it adds little to the cost of each then.
const ENOUGH: u64 = 192;
/// Sleep only if at least so many datagrams are awaited meanwhile: setting a
/// timer costs more than being woken by a datagram.
const WORTH_SLEEPING: u64 = 3;
/// The time of one datagram in a burst at full speed, which is what a sender on
/// another core manages.
const BURST_NS: u64 = 1000;
/// A thread wakes up so much later than its timer was set to, at times.
const LATE_NS: u64 = 100_000;
/// Rates are measured over at least this time, so that two datagrams that
/// happen to follow each other closely are no rate.
const WINDOW_NS: u64 = 250_000;
/// Over this time two thirds of the highest rate are forgotten: clients that
/// send in bursts every ten seconds are still known when the next one comes.
const MEMORY_NS: u64 = 60_000_000_000;
/// What a datagram costs of the buffer, at least: what the kernel charges for
/// up to 1,500 bytes (a small one costs 832 on loopback, but as much as this
/// from a network card that receives into half pages).
const SMALLEST_CHARGE: u64 = 2304;

const SECOND_NS: u64 = 1_000_000_000;

/// What one call of receive brought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    /// Datagrams taken; 0 if the socket was empty.
    pub(super) datagrams: u64,
    /// Their bytes in all.
    pub(super) bytes: u64,
    /// Whether it left the socket empty (the batch was not full).
    pub(super) emptied: bool,
    /// Since the round before.
    pub(super) elapsed: Duration,
}

/// What to do before the next round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: there is more.
    Again,
    /// Sleep, then look.
    Sleep(Duration),
    /// Wait for the socket.
    Block,
}

/// The rates seen so far at one socket.
#[derive(Debug)]
pub(super) struct Pace {
    /// Nanoseconds of the longest sleep.
    longest: u64,
    /// A quarter of the socket's buffer, in bytes as the kernel charges them.
    quarter: u64,
    /// The whole of it.
    buffer: u64,
    /// What a datagram was charged in the last whole window, on average.
    charge_each: u64,
    window: Window,
    /// The datagrams that come now may have gathered while the thread slept.
    has_slept: bool,
    /// Datagrams a second in the last whole window.
    rate: u64,
    /// The highest charge a second of late, fading.
    peak: u64,
}

/// Sums since the last measurement.
#[derive(Debug, Default)]
struct Window {
    ns: u64,
    datagrams: u64,
    charge: u64,
}

impl Pace {
    /// For a socket whose receive buffer holds `buffer` bytes, as `SO_RCVBUF`
    /// tells it, and in which a datagram may wait for `delay`. A delay for which
    /// no sleep is worth it, 0 above all, means to block always.
    pub(super) fn new(buffer: usize, delay: Duration) -> Self {
        let buffer = u64::try_from(buffer).unwrap_or(u64::MAX);
        let (longest, quarter) = (nanoseconds(delay), buffer / 4);
        let (window, charge_each) = (Window::default(), SMALLEST_CHARGE);
        Self { longest, quarter, buffer, charge_each, window, has_slept: false, rate: 0, peak: 0 }
    }

    /// Takes note of a round and says what comes before the next.
    pub(super) fn after(&mut self, round: Round) -> Next {
        self.window.add(round);
        // What gathered in a sleep is taken much faster than it came: how fast
        // is known when all of it has been taken.
        if self.window.ns >= WINDOW_NS && (round.emptied || !self.has_slept) {
            self.measure();
        }
        if !round.emptied {
            return Next::Again;
        }
        let next = self.after_emptying(round.datagrams);
        self.has_slept = matches!(next, Next::Sleep(_));
        next
    }

    fn after_emptying(&self, datagrams: u64) -> Next {
        let sleep = self.time_of_enough().min(self.longest_safe_sleep());
        let awaited = self.rate.saturating_mul(sleep) / SECOND_NS;
        if datagrams == 0 || sleep < SHORTEST_SLEEP_NS || awaited < WORTH_SLEEPING {
            return Next::Block;
        }
        Next::Sleep(Duration::from_nanos(sleep))
    }

    fn measure(&mut self) {
        let Window { ns, datagrams, charge } = std::mem::take(&mut self.window);
        self.rate = per_second(datagrams, ns);
        self.charge_each = (charge / datagrams.max(1)).max(SMALLEST_CHARGE);
        let faded = scaled(self.peak, ns.min(MEMORY_NS), MEMORY_NS);
        self.peak = (self.peak - faded).max(per_second(charge, ns));
    }

    /// Nanoseconds in which enough arrive, within the delay.
    fn time_of_enough(&self) -> u64 {
        scaled(ENOUGH, SECOND_NS, self.rate.max(1)).max(SHORT_SLEEP_NS).min(self.longest)
    }

    /// Nanoseconds in which neither the peak rate fills a quarter of the buffer
    /// nor a burst all of it.
    fn longest_safe_sleep(&self) -> u64 {
        let at_peak = scaled(self.quarter, SECOND_NS, self.peak.max(1));
        let burst = scaled(self.buffer, BURST_NS, self.charge_each).saturating_sub(LATE_NS);
        at_peak.min(burst.max(SHORT_SLEEP_NS))
    }
}

impl Window {
    fn add(&mut self, round: Round) {
        // A longer datagram is charged for a buffer of up to twice its length.
        let charge = (round.datagrams * SMALLEST_CHARGE).max(round.bytes.saturating_mul(2));
        self.ns = self.ns.saturating_add(nanoseconds(round.elapsed));
        self.datagrams = self.datagrams.saturating_add(round.datagrams);
        self.charge = self.charge.saturating_add(charge);
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn per_second(amount: u64, ns: u64) -> u64 {
    scaled(amount, SECOND_NS, ns.max(1))
}

/// `amount * times / by`, without overflow in between.
fn scaled(amount: u64, times: u64, by: u64) -> u64 {
    let result = u128::from(amount) * u128::from(times) / u128::from(by);
    u64::try_from(result).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: usize = 8 << 20;
    /// What Linux gives who asks for nothing.
    const DEFAULT: usize = 212_992;

    fn usual(buffer: usize) -> Pace {
        Pace::new(buffer, DEFAULT_DELAY)
    }

    fn round(datagrams: u64, micros: u64) -> Round {
        let elapsed = Duration::from_micros(micros);
        Round { datagrams, bytes: datagrams * 40, emptied: true, elapsed }
    }

    /// Feeds steady rounds of `datagrams` each `micros` until it has settled.
    fn settled(pace: &mut Pace, datagrams: u64, micros: u64) -> Next {
        (0..100).map(|_| pace.after(round(datagrams, micros))).last().unwrap()
    }

    fn sleep_ns(next: Next) -> u128 {
        match next {
            Next::Sleep(sleep) => sleep.as_nanos(),
            other => panic!("{other:?} is no sleep"),
        }
    }

    #[test]
    fn at_rest_it_blocks() {
        let mut pace = usual(LARGE);
        assert_eq!(pace.after(round(0, 1)), Next::Block, "nothing came");
        assert_eq!(pace.after(round(1, 1_000_000)), Next::Block, "one a second");
        assert_eq!(settled(&mut pace, 1, 2000), Next::Block, "500 a second");
    }

    #[test]
    fn under_load_it_sleeps_until_enough_are_there() {
        let sleep = |datagrams| sleep_ns(settled(&mut usual(2 * LARGE), datagrams, 500));
        assert_eq!(sleep(250), 500_000, "500,000 a second");
        assert_eq!(sleep(50), 1_920_000, "100,000 a second");
        assert_eq!(sleep(30), 3_200_000, "60,000 a second");
        assert_eq!(sleep_ns(settled(&mut usual(2 * LARGE), 1, 1000)), 4_000_000, "1,000");
    }

    #[test]
    fn no_sleep_is_longer_than_the_delay() {
        for micros in [50, 499, 500, 4000, 5000] {
            let delay = Duration::from_micros(micros);
            for per_ms in [60, 100, 200, 400] {
                let mut pace = Pace::new(16 * LARGE, delay);
                let sleep = sleep_ns(settled(&mut pace, per_ms, 1000));
                assert!(sleep <= delay.as_nanos(), "{per_ms} per ms, {delay:?}: {sleep}");
            }
        }
    }

    #[test]
    fn a_longer_delay_lets_it_wait_for_enough_at_a_low_rate() {
        let sleep = |delay| {
            let mut pace = Pace::new(64 * LARGE, Duration::from_millis(delay));
            sleep_ns(settled(&mut pace, 10, 1000))
        };
        assert_eq!([sleep(4), sleep(19), sleep(100)], [4_000_000, 19_000_000, 19_200_000]);
    }

    #[test]
    fn a_delay_of_nothing_or_too_short_for_a_sleep_means_to_block() {
        for delay in [0, 1, SHORTEST_SLEEP_NS - 1].map(Duration::from_nanos) {
            for per_ms in [1, 10, 100, 1000] {
                let mut pace = Pace::new(16 * LARGE, delay);
                let next = settled(&mut pace, per_ms, 1000);
                assert_eq!(next, Next::Block, "{per_ms} per ms, {delay:?}");
            }
        }
        let mut pace = Pace::new(16 * LARGE, Duration::ZERO);
        let full = Round { emptied: false, ..round(64, 500) };
        assert_eq!(pace.after(full), Next::Again, "there is more: no reason to wait");
    }

    #[test]
    fn no_sleep_is_longer_than_a_burst_takes_to_fill_the_buffer() {
        let buffer = u128::try_from(LARGE).unwrap();
        let sleep = sleep_ns(settled(&mut usual(LARGE), 4, 1000));
        // One each microsecond, and the timer is late.
        let burst = (sleep + u128::from(LATE_NS)) / 1000 * u128::from(SMALLEST_CHARGE);
        assert!(burst <= buffer && burst > buffer * 9 / 10, "{burst}");
        // Of datagrams of 8 KiB too, if such are what comes.
        let long = Round { bytes: 8 * 8192, ..round(8, 1000) };
        let mut pace = usual(LARGE);
        let sleep = sleep_ns((0..100).map(|_| pace.after(long)).last().unwrap());
        assert!(sleep / 1000 * 16_384 <= buffer, "{sleep}");
        // But for a small one the rate of late decides.
        assert_eq!(sleep_ns(settled(&mut usual(DEFAULT), 8, 1000)), 500_000);
    }

    #[test]
    fn a_full_batch_is_followed_by_another_at_once() {
        let mut pace = usual(LARGE);
        let full = Round { emptied: false, ..round(64, 500) };
        assert_eq!(pace.after(full), Next::Again);
    }

    #[test]
    fn an_empty_round_ends_the_sleeping() {
        let mut pace = usual(LARGE);
        settled(&mut pace, 50, 500);
        assert_eq!(pace.after(round(0, 500)), Next::Block);
    }

    #[test]
    fn no_rate_fills_more_than_a_quarter_of_the_buffer_while_it_sleeps() {
        for buffer in [4608, DEFAULT, 2 * DEFAULT, 4 << 20, LARGE] {
            for per_ms in [1, 10, 100, 500, 1000, 3000] {
                let mut pace = usual(buffer);
                let Next::Sleep(sleep) = settled(&mut pace, per_ms, 1000) else { continue };
                let arriving = u128::from(per_ms) * sleep.as_nanos() / 1_000_000;
                let charge = arriving * u128::from(SMALLEST_CHARGE);
                let quarter = u128::try_from(buffer).unwrap() / 4;
                assert!(charge <= quarter, "buffer {buffer}, {per_ms} per ms: {sleep:?}");
            }
        }
    }

    #[test]
    fn the_default_buffer_still_lets_it_sleep_at_a_hundred_thousand_a_second() {
        let sleep = sleep_ns(settled(&mut usual(DEFAULT), 25, 250));
        assert!((200_000..=250_000).contains(&sleep), "{sleep}");
    }

    #[test]
    fn a_buffer_too_small_for_any_sleep_makes_it_block() {
        assert_eq!(settled(&mut usual(4608), 50, 500), Next::Block);
    }

    #[test]
    fn long_datagrams_count_by_their_bytes() {
        let long = Round {
            datagrams: 10,
            bytes: 10 * 60_000,
            emptied: true,
            elapsed: Duration::from_micros(500),
        };
        let mut pace = usual(LARGE);
        let next = (0..10).map(|_| pace.after(long)).last().unwrap();
        let safe = LARGE as u128 / 4 * 500_000 / (10 * 60_000 * 2);
        assert_eq!(sleep_ns(next), safe.min(500_000));
        let next = (0..10).map(|_| pace.after(Round { datagrams: 40, bytes: 2_400_000, ..long }));
        assert!(sleep_ns(next.last().unwrap()) < 250_000);
    }

    #[test]
    fn what_gathered_in_a_long_sleep_is_no_burst() {
        let mut pace = Pace::new(LARGE, DEFAULT_DELAY);
        let before = sleep_ns(settled(&mut pace, 20, 1000));
        // The thread lost its core for 50 ms, then took 1,000 in half a millisecond.
        pace.after(Round { emptied: false, ..round(64, 50_000) });
        for _ in 0..14 {
            pace.after(Round { emptied: false, ..round(64, 35) });
        }
        assert_eq!(sleep_ns(pace.after(round(40, 35))), before);
    }

    #[test]
    fn a_burst_is_remembered_for_a_while_and_then_forgotten() {
        let mut pace = usual(DEFAULT);
        // A million a second for a moment, then five minutes of 20,000.
        settled(&mut pace, 1000, 1000);
        assert_eq!(settled(&mut pace, 10, 500), Next::Block, "not safe to sleep yet");
        for _ in 0..5 * 60 * 2000 {
            pace.after(round(10, 500));
        }
        assert_eq!(sleep_ns(pace.after(round(10, 500))), 500_000, "the buffer is small");
    }

    #[test]
    fn datagrams_close_together_are_no_rate() {
        let mut pace = usual(LARGE);
        pace.after(round(1, 1_000_000));
        assert_eq!(pace.after(round(1, 2)), Next::Block);
        assert_eq!(pace.after(round(2, 3)), Next::Block);
        assert_eq!(pace.peak, SMALLEST_CHARGE, "one a second is all that was measured");
    }
}
