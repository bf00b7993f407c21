//! The heap in huge pages: one entry of the processor's address tables for 2 MiB
//! instead of 512.
//!
//! A receiving thread that has slept finds those tables empty, on a virtual machine
//! more than anywhere, and a batch of lines touches hundreds of pages. So once a
//! second the heap is looked at, and where it is in use the kernel is asked to make
//! a huge page of it (`MADV_COLLAPSE`, Linux 6.1). That copies 2 MiB and takes some
//! five milliseconds, during which whoever touches it waits: one is made at a time,
//! and none while the heap grows. New names would cost half as much again otherwise,
//! and what goes away again is not worth it.
//!
//! It costs no memory to speak of: what is in use is taken, but for a heap of less
//! than [`SMALL`] huge pages, of which the last is taken too.
//!
//! It is a hint: without it all is as before. Where the operator has said `never`
//! to huge pages, nothing is asked for.
//!
//! Heat: cold (once a second).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

use tracing::debug;

use super::allocator;

/// Bytes of a page that is not huge; where they are of another size nothing is done.
const PAGE: usize = 4096;
/// Pages that make a huge one.
const PAGES: usize = allocator::HUGE_PAGE / PAGE;
/// Pages that may be missing to a huge one: 64 KiB are not missed.
const MISSING: usize = 16;
/// The huge pages of a small heap, which may have more in them that is not in use.
const SMALL: usize = 4;
/// The pages that have to be in use for that.
const SOME: usize = PAGES / 8;
/// So many seconds the heap has to have ended where it does.
const CALM: u32 = 10;
/// Seconds until the kernel is asked again after it had none.
const PAUSE: u32 = 60;

/// The part of the heap that is in huge pages: all that lies below.
#[derive(Debug)]
pub(super) struct HugePages {
    /// Where the first may be.
    start: usize,
    /// How many there are.
    made: usize,
    /// How many the heap had room for a second ago.
    room: usize,
    /// Seconds to wait before the next.
    pause: u32,
}

/// Has the heap go on where a huge page may begin. Called before there are threads;
/// what there is of it by then stays where it is.
pub(super) fn align_heap() {
    if let Some(HugePages { start, .. }) = HugePages::of_heap() {
        allocator::lengthen_heap(start.saturating_sub(allocator::end_of_heap()));
    }
}

impl HugePages {
    /// Looks where the heap begins. `None` if huge pages are not to be had, or not
    /// wanted.
    pub(super) fn of_heap() -> Option<Self> {
        let wanted = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").ok()?;
        let maps = fs::read_to_string("/proc/self/maps").ok()?;
        let start = start_of_heap(&maps)?.next_multiple_of(allocator::HUGE_PAGE);
        let is_wanted = !wanted.contains("[never]") && allocator::page() == Some(PAGE);
        is_wanted.then_some(Self { start, made: 0, room: 0, pause: 0 })
    }

    /// Makes a huge page of what has come into use, if there is any; false if the
    /// kernel makes none and need not be asked again.
    pub(super) fn tick(&mut self) -> bool {
        if !self.is_calm(self.whole()) {
            return true;
        }
        match self.make_one() {
            Ok(()) => true,
            // It says the same of a page that is being moved; but not of the first.
            Err(error) if self.made == 0 && error.kind() == io::ErrorKind::InvalidInput => {
                debug!(%error, "the kernel makes no huge pages of the heap");
                false
            }
            Err(error) => {
                debug!(%error, "no huge page of the heap for now");
                self.pause = PAUSE;
                true
            }
        }
    }

    /// Whether no more pause is left, a second after it was asked last. There is one
    /// when what the heap has room for is no longer what it was.
    fn is_calm(&mut self, room: usize) -> bool {
        // What the heap gave back is no more.
        self.made = self.made.min(room);
        if std::mem::replace(&mut self.room, room) != room {
            self.pause = self.pause.max(CALM);
        }
        let is_over = self.pause == 0;
        self.pause = self.pause.saturating_sub(1);
        is_over
    }

    /// How many the heap has room for.
    fn whole(&self) -> usize {
        allocator::end_of_heap().saturating_sub(self.start) / allocator::HUGE_PAGE
    }

    fn make_one(&mut self) -> io::Result<()> {
        let next = self.start + self.made * allocator::HUGE_PAGE;
        if self.made < self.whole() && is_worth_it(pages_in_use(next)?, self.made) {
            allocator::make_huge_page(next)?;
            self.made += 1;
            debug!(huge_pages = self.made, "of the heap");
        }
        Ok(())
    }
}

/// How many pages of a huge page are in memory. By `/proc`, since who confines system
/// calls to what services need forbids `mincore` with all others.
fn pages_in_use(start: usize) -> io::Result<usize> {
    /// Bytes that tell of a page, of whose 64 bits the highest says that it is there.
    const ENTRY: usize = 8;
    let mut entries = [0; PAGES * ENTRY];
    let place = u64::try_from(start / PAGE * ENTRY).map_err(io::Error::other)?;
    File::open("/proc/self/pagemap")?.read_exact_at(&mut entries, place)?;
    let (entries, _none) = entries.as_chunks::<ENTRY>();
    Ok(entries.iter().filter(|entry| u64::from_ne_bytes(**entry) >> 63 == 1).count())
}

/// Whether so many pages in use, behind so many huge ones, are to become one: if they
/// nearly are one, or if the heap is small and does not come to twice what it is.
const fn is_worth_it(in_use: usize, made: usize) -> bool {
    let missing = PAGES - in_use;
    let is_small = made < SMALL && in_use >= SOME && missing <= made * PAGES + in_use;
    missing <= MISSING || is_small
}

/// Where the heap begins, by what `/proc/self/maps` says.
fn start_of_heap(maps: &str) -> Option<usize> {
    let heap = maps.lines().find(|line| line.ends_with("[heap]"))?;
    usize::from_str_radix(heap.split_once('-')?.0, 16).ok()
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_use_becomes_huge_and_of_a_small_heap_what_is_begun() {
        for (in_use, made, worth) in [
            // An idle bridge's.
            (195, 0, false),
            (255, 0, false),
            (256, 0, true),
            (512, 0, true),
            (0, 1, false),
            (63, 1, false),
            (64, 1, true),
            (64, 3, true),
            (64, 4, false),
            (495, 4, false),
            (496, 4, true),
            (512, 1000, true),
        ] {
            assert_eq!(is_worth_it(in_use, made), worth, "{in_use} {made}");
        }
    }

    #[test]
    fn a_heap_that_grows_or_shrinks_is_left_alone_until_it_has_been_calm() {
        let calm_after =
            |pages: &mut HugePages, room| (0..100_u32).find(|_| pages.is_calm(room)).unwrap();
        let mut pages = HugePages { start: 0, made: 0, room: 0, pause: 0 };
        for room in 1..100 {
            assert!(!pages.is_calm(room), "it grows");
        }
        assert_eq!(calm_after(&mut pages, 99), CALM - 1);
        assert!(pages.is_calm(99) && pages.is_calm(99), "and stays so");
        pages.made = 99;
        assert_eq!(calm_after(&mut pages, 98), CALM);
        assert_eq!(pages.made, 98, "what was given back is no more");
        pages.pause = PAUSE;
        assert_eq!(calm_after(&mut pages, 100), PAUSE, "a longer pause stays");
    }

    #[test]
    fn the_heap_is_found_among_the_maps() {
        let maps = "5600-5700 r-xp 00000000 fe:00 1 /a [heap]s\n\
            56311409b000-56311417e000 rw-p 00000000 00:00 0                          [heap]\n\
            7ff0-7ff1 rw-p 00000000 00:00 0 [stack]\n";
        assert_eq!(start_of_heap(maps), Some(0x5631_1409_b000));
        assert_eq!(start_of_heap(""), None);
    }
}
