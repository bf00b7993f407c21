//! The windows of a busy summary: a ring of segments by age, each made when its
//! window first observes something and used again when its turn comes round.
//!
//! It stands in the summary itself, so that from there to a segment is one hop; a
//! ring of more windows than are usual takes the others from a table of its own.
//!
//! Heat: hot.

use arrayvec::ArrayVec;

use super::Epoch;
use super::octave::Place;
use super::reading::Scratch;
use super::segment::Segment;
use crate::sync::OnceBox;
use crate::sync::atomic::AtomicBool;
use crate::sync::atomic::Ordering::Relaxed;

/// Windows that a summary has unless its options say otherwise. One shows the
/// protocol as well.
const USUAL: usize = if cfg!(loom_model) { 1 } else { 5 };

#[derive(Debug)]
pub(super) struct Ring {
    /// Whether observations go here. It publishes nothing: whoever reads looks
    /// here and at the raw slots whatever it says.
    in_use: AtomicBool,
    first: [OnceBox<Segment>; USUAL],
    others: OnceBox<Vec<OnceBox<Segment>>>,
}

impl Ring {
    pub(super) fn new() -> Self {
        Self {
            in_use: AtomicBool::new(false),
            first: std::array::from_fn(|_| OnceBox::new()),
            others: OnceBox::new(),
        }
    }

    #[inline]
    pub(super) fn is_in_use(&self) -> bool {
        self.in_use.load(Relaxed)
    }

    /// From now on observations go here.
    #[cold]
    pub(super) fn take_over(&self) {
        self.in_use.store(true, Relaxed);
    }

    /// Counts an observation of `epoch`. There are so many windows, at least one.
    pub(super) fn add(&self, place: Place, weight: u32, epoch: Epoch, windows: u16) {
        let at = place_of(epoch, windows);
        let segment = self.first.get(at).or_else(|| {
            let others = self.others.get_or_init(|| {
                let count = usize::from(windows).saturating_sub(USUAL);
                Box::new((0..count).map(|_| OnceBox::new()).collect())
            });
            others.get(at - USUAL)
        });
        // The place is always inside.
        if let Some(segment) = segment {
            let segment = segment.get_or_init(|| Box::new(Segment::new()));
            segment.add(place, weight, epoch);
        }
    }

    /// Of the window of `epoch`, if it has observed anything ever.
    #[inline]
    pub(super) fn segment(&self, epoch: Epoch, windows: u16) -> Option<&Segment> {
        let at = place_of(epoch, windows);
        self.first.get(at).or_else(|| self.others.get()?.get(at - USUAL))?.get()
    }

    /// Shows what is live at `now`.
    pub(super) fn read(&self, now: Epoch, windows: u16, scratch: &mut Scratch) {
        // What a scrape reads of a busy summary is in no cache. So it is asked for
        // first, one hop for some windows before the next hop for any: not so many
        // that the first is gone again when it is read.
        let mut segments = self.segments();
        loop {
            let some: ArrayVec<&Segment, USUAL> = segments.by_ref().take(USUAL).collect();
            if some.is_empty() {
                break;
            }
            some.iter().for_each(|segment| segment.prefetch_marks());
            some.iter().for_each(|segment| segment.prefetch_slots());
            some.iter().for_each(|segment| segment.prefetch_chunks(now, windows));
            some.iter().for_each(|segment| segment.read(now, windows, scratch));
        }
    }

    fn segments(&self) -> impl Iterator<Item = &Segment> {
        let others = self.others.get().into_iter().flatten();
        self.first.iter().chain(others).filter_map(OnceBox::get)
    }
}

/// Where in the ring an epoch is.
#[inline]
fn place_of(epoch: Epoch, windows: u16) -> usize {
    epoch as usize % usize::from(windows.max(1))
}
