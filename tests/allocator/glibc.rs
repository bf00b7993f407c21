//! The checks, where the allocator is glibc's.
#![allow(unsafe_code, reason = "mallinfo has no safe form")]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::{fs, thread};

use statsd_bridge::server::settle_allocator;

pub(crate) fn blocks_are_united_when_freed_and_come_from_one_arena() {
    let waiting = free_many();
    assert!(waiting > 9000, "only {waiting} wait anyway: is it worth the call?");
    settle_allocator();
    assert_eq!(free_many(), 0);
    assert!(shares_the_first_arena());
}

/// Blocks that were freed and are united with their neighbours by a later call.
fn waiting_blocks() -> i32 {
    // SAFETY: it takes nothing and returns numbers. (Deprecated since glibc 2.33, for
    // its numbers are 32 bits wide; what came then is in no older one.)
    #[allow(deprecated)]
    unsafe { libc::mallinfo() }.smblks
}

/// Frees more than the few that a thread keeps for itself.
fn free_many() -> i32 {
    let before = waiting_blocks();
    let mut blocks: Vec<Box<[u8; 48]>> = (0..10_000).map(|_| Box::new([0; 48])).collect();
    blocks.clear();
    // The vector is freed after this: so large a block has glibc unite all.
    waiting_blocks() - before
}

/// Whether a block of a thread that begins now lies where the first arena does.
fn shares_the_first_arena() -> bool {
    let block = || {
        let block = vec![1_u8; 1000];
        block.as_ptr().addr()
    };
    let at = thread::spawn(block).join().unwrap();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let heap = maps.lines().find(|line| line.ends_with("[heap]")).unwrap();
    let (from, to) = heap.split_once(' ').unwrap().0.split_once('-').unwrap();
    let [from, to] = [from, to].map(|end| usize::from_str_radix(end, 16).unwrap());
    (from..to).contains(&at)
}
