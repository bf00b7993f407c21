//! Asking the processor to have memory at hand before it is needed. A thread that
//! has slept finds its caches cold, and what a sample touches lies in six or eight
//! places, each known only from the one before: asked for ahead, for many samples
//! at once, they arrive together. So it is with a scrape, which comes to each series
//! once and finds next to nothing of it in any cache.
//!
//! It only hints: nothing is read or changed, and where there is no such
//! instruction nothing happens.
//!
//! Heat: hot.
#![cfg_attr(target_arch = "x86_64", allow(unsafe_code))]

/// The bytes that come into the cache together.
const LINE: usize = 64;

/// Asks for the memory of `place`, or for as much of it as [`prefetch_bytes`] does.
/// What is allocated begins at a multiple of 16 bytes.
#[inline]
pub(crate) fn prefetch<T>(place: &T) {
    let start: *const T = place;
    let is_in_one = size_of::<T>() <= 16 || align_of::<T>() >= LINE;
    if is_in_one {
        prefetch_line(start.cast());
    } else {
        prefetch_bytes(start.cast(), size_of::<T>());
    }
}

/// Asks for so many bytes from an address on; of many, for the first three cache
/// lines. The address may be any: nothing is read.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is a few instructions")]
pub(crate) fn prefetch_bytes(from: *const u8, bytes: usize) {
    // To ask for a line twice costs next to nothing, for one too many a wait.
    let last = bytes.saturating_sub(1);
    prefetch_line(from);
    prefetch_line(from.wrapping_add(last.min(LINE)));
    prefetch_line(from.wrapping_add(last.min(2 * LINE)));
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn prefetch_line(at: *const u8) {
    use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: the instruction takes any address, faults at none, and every
    // x86-64 processor has it.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn prefetch_line(_: *const u8) {}
