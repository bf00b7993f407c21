//! An allocator that counts what each thread asks of the system's. A binary that
//! wants to count makes it its own:
//!
//! ```ignore
//! #[global_allocator]
//! static ALLOCATOR: counting::Counting = counting::Counting;
//! ```
//!
//! Heat: cold.
#![allow(unsafe_code, reason = "an allocator that counts cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, which also counts.
pub struct Counting;

/// What was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// How often.
    pub times: u64,
    /// How many bytes, those too that were given back.
    pub bytes: u64,
}

thread_local! {
    static ASKED: Cell<Asked> = const { Cell::new(Asked { times: 0, bytes: 0 }) };
}

fn count(bytes: usize) {
    // A thread that is ending has no counter any more; nor has it a test.
    let _ = ASKED.try_with(|asked| {
        let Asked { times, bytes: before } = asked.get();
        asked.set(Asked { times: times + 1, bytes: before + bytes as u64 });
    });
}

// SAFETY: every call goes to `System` as it came; counting allocates nothing, as
// the counter is constant-initialised and has no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// What this thread asked for while it acted.
pub fn asked(act: impl FnOnce()) -> Asked {
    let before = ASKED.get();
    act();
    let after = ASKED.get();
    Asked { times: after.times - before.times, bytes: after.bytes - before.bytes }
}

/// Stops unless the binary counts: a bound on what is not counted always holds.
pub fn assert_counts() {
    let one = asked(|| drop(std::hint::black_box(Box::new(1_u64))));
    assert_eq!(one, Asked { times: 1, bytes: 8 }, "the binary has another allocator");
}
