//! What the bridge asks of the system's allocator has the effect that is wanted:
//! freed blocks do not wait in lists for a later `malloc` to unite them, and all
//! threads share one arena.
//!
//! It has a `main` of its own: the harness of tests has threads, and their arenas.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[path = "allocator/glibc.rs"]
mod glibc;

fn main() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    glibc::blocks_are_united_when_freed_and_come_from_one_arena();
    println!("test of the allocator: ok");
}
