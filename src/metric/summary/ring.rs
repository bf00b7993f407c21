//! The windows of a busy summary: a ring of segments by age, each made when its
//! window first observes something and used again when its turn comes round.
//!
//! Heat: hot.

use super::Epoch;
use super::octave::Place;
use super::reading::Scratch;
use super::segment::Segment;
use crate::sync::OnceBox;

#[derive(Debug)]
pub(super) struct Ring {
    segments: Box<[OnceBox<Segment>]>,
}

impl Ring {
    pub(super) fn new(windows: u16) -> Self {
        Self { segments: (0..windows.max(1)).map(|_| OnceBox::new()).collect() }
    }

    /// Counts an observation of `epoch`.
    pub(super) fn add(&self, place: Place, weight: u32, epoch: Epoch) {
        let at = epoch as usize % self.segments.len().max(1);
        // The remainder is always inside.
        if let Some(segment) = self.segments.get(at) {
            let segment = segment.get_or_init(|| Box::new(Segment::new()));
            segment.add(place, weight, epoch);
        }
    }

    /// Asks for the memory that an observation of `epoch` will touch.
    pub(super) fn prefetch(&self, place: Place, epoch: Epoch) {
        let at = epoch as usize % self.segments.len().max(1);
        if let Some(segment) = self.segments.get(at).and_then(OnceBox::get) {
            segment.prefetch(place);
        }
    }

    /// Shows what is live at `now`.
    pub(super) fn read(&self, now: Epoch, windows: u16, scratch: &mut Scratch) {
        for segment in self.segments.iter().filter_map(OnceBox::get) {
            segment.read(now, windows, scratch);
        }
    }
}
