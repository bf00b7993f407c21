//! How the system's allocator is to treat what is asked for and freed.
//!
//! glibc puts freed blocks of up to 128 bytes into lists as they are, and unites
//! them with their neighbours later: all at once, inside whichever call of `malloc`
//! first wants more than a kilobyte. When a million series end, that is the
//! receiving thread's, and takes it tens of milliseconds again and again. Told so,
//! glibc unites each block when it is freed, which is the sweeper's work.
//!
//! It gives each thread an arena of its own, which grows by a page and a system call
//! at a time; the first one grows by 32 pages. All threads share that here: what
//! they allocate often stands in a cache of each thread's own, and the receiving
//! threads, which make series, meet at the registry's locks anyway.
//!
//! It allocates nothing and knows nothing of what is allocated.
//!
//! Heat: cold (once, at start).
#![cfg_attr(all(target_os = "linux", target_env = "gnu"), allow(unsafe_code))]

/// Has whoever frees a block do all the work of it, and all threads share one
/// arena. Called before there are threads; does nothing where the allocator is not
/// glibc's.
pub fn settle_allocator() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // They fail for values that are out of range only, and these are in it.
    // SAFETY: it takes two integers, and locks what it changes.
    unsafe {
        libc::mallopt(libc::M_MXFAST, 0);
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}
