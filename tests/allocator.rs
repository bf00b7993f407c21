//! What the bridge asks of the system's allocator has the effect that is wanted:
//! freed blocks do not wait in lists for a later `malloc` to unite them.
//!
//! One test, alone in its process: other threads would free, too.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![allow(unsafe_code, reason = "mallinfo2 has no safe form")]

use statsd_bridge::server::settle_allocator;

/// Blocks that were freed and are united with their neighbours by a later call.
fn waiting_blocks() -> usize {
    // SAFETY: it takes nothing and returns numbers.
    unsafe { libc::mallinfo2() }.smblks
}

/// Frees more than the few that a thread keeps for itself.
fn free_many() -> usize {
    let before = waiting_blocks();
    let mut blocks: Vec<Box<[u8; 48]>> = (0..10_000).map(|_| Box::new([0; 48])).collect();
    blocks.clear();
    // The vector is freed after this: so large a block has glibc unite all.
    waiting_blocks().saturating_sub(before)
}

#[test]
fn freed_blocks_do_not_wait_to_be_united() {
    let waiting = free_many();
    assert!(waiting > 9000, "only {waiting} wait anyway: is it worth the call?");
    settle_allocator();
    assert_eq!(free_many(), 0);
}
