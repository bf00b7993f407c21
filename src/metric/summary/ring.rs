//! The windows of a busy summary: a ring of segments by age, each made when its
//! window first observes something and used again when its turn comes round.
//!
//! Heat: hot.

use super::Epoch;
use super::octave::Place;
use super::reading::Scratch;
use super::segment::Segment;
use crate::sync::OnceBox;

/// Windows that a summary has unless its options say otherwise. One shows the
/// protocol as well.
const USUAL: usize = if cfg!(loom_model) { 1 } else { 5 };

/// One allocation, and one hop to a segment, for as many windows as are usual.
#[derive(Debug)]
pub(super) struct Ring {
    windows: u16,
    first: [OnceBox<Segment>; USUAL],
    /// What is left of the windows.
    others: Box<[OnceBox<Segment>]>,
}

impl Ring {
    pub(super) fn new(windows: u16) -> Self {
        let windows = windows.max(1);
        let others = (USUAL..windows.into()).map(|_| OnceBox::new()).collect();
        Self { windows, first: std::array::from_fn(|_| OnceBox::new()), others }
    }

    /// Counts an observation of `epoch`.
    pub(super) fn add(&self, place: Place, weight: u32, epoch: Epoch) {
        if let Some(segment) = self.place(epoch) {
            let segment = segment.get_or_init(|| Box::new(Segment::new()));
            segment.add(place, weight, epoch);
        }
    }

    /// Of the window of `epoch`, if it has observed anything ever.
    #[inline]
    pub(super) fn segment(&self, epoch: Epoch) -> Option<&Segment> {
        self.place(epoch)?.get()
    }

    #[inline]
    fn place(&self, epoch: Epoch) -> Option<&OnceBox<Segment>> {
        // The remainder is always inside.
        let at = epoch as usize % usize::from(self.windows.max(1));
        self.first.get(at).or_else(|| self.others.get(at - USUAL))
    }

    /// Shows what is live at `now`.
    pub(super) fn read(&self, now: Epoch, windows: u16, scratch: &mut Scratch) {
        for segment in self.first.iter().chain(&self.others).filter_map(OnceBox::get) {
            segment.read(now, windows, scratch);
        }
    }
}
