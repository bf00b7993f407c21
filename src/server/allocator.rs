//! How the system's allocator is to treat what is freed.
//!
//! glibc puts freed blocks of up to 128 bytes into lists as they are, and unites
//! them with their neighbours later: all at once, inside whichever call of `malloc`
//! first wants more than a kilobyte. When a million series end, that is the
//! receiving thread's, and takes it tens of milliseconds again and again. Told so,
//! glibc unites each block when it is freed, which is the sweeper's work.
//!
//! It allocates nothing and knows nothing of what is allocated.
//!
//! Heat: cold (once, at start).
#![cfg_attr(all(target_os = "linux", target_env = "gnu"), allow(unsafe_code))]

/// Has whoever frees a block do all the work of it. Called before there are
/// threads; does nothing where the allocator is not glibc's.
pub fn unite_blocks_when_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // It fails for a value that is out of range only, and 0 is in it.
    // SAFETY: it takes two integers, and locks what it changes.
    unsafe {
        libc::mallopt(libc::M_MXFAST, 0);
    }
}
