//! What one worker has counted since it began: plain integers that nobody else
//! sees until they are published. Nothing here is shared, locked or atomic.
//!
//! Heat: hot.

use crate::model::{Notes, Outcome};

/// Where a datagram came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// UDP.
    Udp,
    /// A unix datagram socket.
    Unixgram,
}

impl Transport {
    /// The word in labels and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Unixgram => "unixgram",
        }
    }
}

/// The single counters of a tally; behind them stand two rows of outcomes.
#[derive(Clone, Copy, Debug)]
enum Cell {
    UdpDatagrams,
    UnixgramDatagrams,
    UdpTruncated,
    UnixgramTruncated,
    Lines,
    Samples,
    Tagged,
    TagErrors,
    BadRates,
    WeightsCapped,
    Mapped,
    Unmapped,
    CacheGets,
    CacheHits,
    Batches,
    RelayLines,
    RelayLongLines,
    RelayLost,
    /// Not a counter: how many there are.
    Count,
}

const OUTCOMES: usize = Cell::Count as usize;
const WEIGHTS: usize = OUTCOMES + Outcome::COUNT;

/// How many counters a tally has.
pub(super) const CELLS: usize = WEIGHTS + Outcome::COUNT;

/// Everything that one worker counts. It only grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    cells: [u64; CELLS],
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

/// Counting.
impl Tally {
    /// All counters at 0.
    #[must_use]
    pub const fn new() -> Self {
        Self { cells: [0; CELLS] }
    }

    /// `count` datagrams were received, `truncated` of them longer than the
    /// buffer.
    #[inline]
    pub fn datagrams(&mut self, transport: Transport, count: u64, truncated: u64) {
        let (all, cut) = match transport {
            Transport::Udp => (Cell::UdpDatagrams, Cell::UdpTruncated),
            Transport::Unixgram => (Cell::UnixgramDatagrams, Cell::UnixgramTruncated),
        };
        self.add(all as usize, count);
        self.add(cut as usize, truncated);
    }

    /// So many lines were taken up. [`Tally::lines_ended`] has to follow.
    #[inline]
    pub fn lines_taken(&mut self, count: u64) {
        self.add(Cell::Lines as usize, count);
    }

    /// How so many lines ended: one of the outcomes of a line.
    #[inline]
    pub fn lines_ended(&mut self, outcome: Outcome, count: u64) {
        self.add(OUTCOMES + outcome.index(), count);
    }

    /// Tags in a line's name that were left out.
    #[inline]
    pub fn tag_errors(&mut self, count: u32) {
        self.add(Cell::TagErrors as usize, u64::from(count));
    }

    /// So many samples were taken up. [`Tally::sample_ended`] has to follow for
    /// each.
    #[inline]
    pub fn samples_taken(&mut self, count: u64) {
        self.add(Cell::Samples as usize, count);
    }

    /// How the sample ended: one of the outcomes of a sample. `weight` is how
    /// many events it stands for, 1 if it never became one.
    #[inline]
    pub fn sample_ended(&mut self, outcome: Outcome, weight: u32) {
        self.add(OUTCOMES + outcome.index(), 1);
        self.add(WEIGHTS + outcome.index(), u64::from(weight));
    }

    /// What else is to be counted about a sample.
    #[inline]
    pub fn notes(&mut self, notes: Notes) {
        // Most samples carry none of it, and one test is cheaper than four sums.
        if notes == Notes::default() {
            return;
        }
        self.add(Cell::TagErrors as usize, u64::from(notes.tag_errors));
        self.add(Cell::BadRates as usize, u64::from(notes.bad_rates));
        self.add(Cell::Tagged as usize, u64::from(notes.tagged));
        self.add(Cell::WeightsCapped as usize, u64::from(notes.weight_capped));
    }

    /// A rule with `action: map` took events of this weight.
    #[inline]
    pub fn mapped(&mut self, weight: u32) {
        self.add(Cell::Mapped as usize, u64::from(weight));
    }

    /// No rule took events of this weight.
    #[inline]
    pub fn unmapped(&mut self, weight: u32) {
        self.add(Cell::Unmapped as usize, u64::from(weight));
    }

    /// So many routes were looked up, and so many of them were there.
    #[inline]
    pub fn routes_looked_up(&mut self, count: u64, found: u64) {
        self.add(Cell::CacheGets as usize, count);
        self.add(Cell::CacheHits as usize, found);
    }

    /// A batch of events went to the registry.
    #[inline]
    pub fn batch(&mut self) {
        self.add(Cell::Batches as usize, 1);
    }

    /// Copies of lines were handed to the relay, those too that it then loses.
    #[inline]
    pub fn relay_lines(&mut self, count: u64) {
        self.add(Cell::RelayLines as usize, count);
    }

    /// A line was too long for a packet of the relay.
    #[inline]
    pub fn relay_long_line(&mut self) {
        self.add(Cell::RelayLongLines as usize, 1);
    }

    /// Copies of lines found no room in the relay's queue.
    #[inline]
    pub fn relay_lines_lost(&mut self, count: u64) {
        self.add(Cell::RelayLost as usize, count);
    }

    #[inline]
    fn add(&mut self, cell: usize, count: u64) {
        // Always there: every index is made of constants and of an outcome's.
        if let Some(cell) = self.cells.get_mut(cell) {
            *cell += count;
        }
    }
}

/// Reading.
impl Tally {
    /// How often lines, samples or events ended so, each counted once.
    #[must_use]
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.at(OUTCOMES + outcome.index())
    }

    /// The same, where a sample counts for as many events as it stands for.
    #[must_use]
    pub fn weight(&self, outcome: Outcome) -> u64 {
        self.at(WEIGHTS + outcome.index())
    }

    /// Datagrams received, truncated ones too.
    #[must_use]
    pub fn received(&self, transport: Transport) -> u64 {
        match transport {
            Transport::Udp => self.at(Cell::UdpDatagrams as usize),
            Transport::Unixgram => self.at(Cell::UnixgramDatagrams as usize),
        }
    }

    /// Datagrams that were longer than the buffer.
    #[must_use]
    pub fn truncated(&self, transport: Transport) -> u64 {
        match transport {
            Transport::Udp => self.at(Cell::UdpTruncated as usize),
            Transport::Unixgram => self.at(Cell::UnixgramTruncated as usize),
        }
    }

    /// Lines, empty ones too.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.at(Cell::Lines as usize)
    }

    /// Samples, good and bad.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.at(Cell::Samples as usize)
    }

    /// Samples with at least one label.
    #[must_use]
    pub fn tagged(&self) -> u64 {
        self.at(Cell::Tagged as usize)
    }

    /// Tags that were left out.
    #[must_use]
    pub fn bad_tags(&self) -> u64 {
        self.at(Cell::TagErrors as usize)
    }

    /// Rates that were not a number and were taken as 1.
    #[must_use]
    pub fn bad_rates(&self) -> u64 {
        self.at(Cell::BadRates as usize)
    }

    /// Weights that were cut.
    #[must_use]
    pub fn weights_capped(&self) -> u64 {
        self.at(Cell::WeightsCapped as usize)
    }

    /// Events that a rule with `action: map` took.
    #[must_use]
    pub fn events_mapped(&self) -> u64 {
        self.at(Cell::Mapped as usize)
    }

    /// Events that no rule took.
    #[must_use]
    pub fn events_unmapped(&self) -> u64 {
        self.at(Cell::Unmapped as usize)
    }

    /// Look-ups of a route.
    #[must_use]
    pub fn cache_gets(&self) -> u64 {
        self.at(Cell::CacheGets as usize)
    }

    /// Look-ups that found one.
    #[must_use]
    pub fn cache_hits(&self) -> u64 {
        self.at(Cell::CacheHits as usize)
    }

    /// Batches of events.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.at(Cell::Batches as usize)
    }

    /// Copies of lines handed to the relay.
    #[must_use]
    pub fn relayed(&self) -> u64 {
        self.at(Cell::RelayLines as usize)
    }

    /// Lines that were too long for a packet of the relay.
    #[must_use]
    pub fn relay_long_lines(&self) -> u64 {
        self.at(Cell::RelayLongLines as usize)
    }

    /// Copies of lines that found no room in the relay's queue.
    #[must_use]
    pub fn relay_lost(&self) -> u64 {
        self.at(Cell::RelayLost as usize)
    }

    /// Adds what another worker counted.
    pub(super) fn merge(&mut self, other: &Self) {
        for (sum, more) in self.cells.iter_mut().zip(other.cells) {
            *sum += more;
        }
    }

    pub(super) const fn cells(&self) -> &[u64; CELLS] {
        &self.cells
    }

    pub(super) const fn from_cells(cells: &[u64; CELLS]) -> Self {
        Self { cells: *cells }
    }

    fn at(&self, cell: usize) -> u64 {
        self.cells.get(cell).copied().unwrap_or_default()
    }
}
