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
//! The first arena is the heap, which grows in steps of a huge page and begins at one:
//! so that it can be put into huge pages (`huge_pages.rs`, which says when and why).
//!
//! It allocates nothing and knows nothing of what is allocated.
//!
//! Heat: cold (once at start, and once a second).
#![cfg_attr(all(target_os = "linux", target_env = "gnu"), allow(unsafe_code))]

/// Bytes of a huge page.
pub(super) const HUGE_PAGE: usize = 2 << 20;

/// Has whoever frees a block do all the work of it, and all threads share one
/// arena, which grows by a huge page at a time. Called before there are threads; does
/// nothing where the allocator is not glibc's.
pub fn settle_allocator() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    glibc::settle();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) use glibc::{end_of_heap, lengthen_heap, make_huge_page, page};

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) use other::{end_of_heap, lengthen_heap, make_huge_page, page};

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::io;
    use std::ptr;

    use super::HUGE_PAGE;

    /// `MADV_COLLAPSE` of `linux/mman.h`.
    const COLLAPSE: libc::c_int = 25;
    /// What glibc adds when the heap grows: a huge page.
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "2 MiB")]
    const STEP: libc::c_int = HUGE_PAGE as libc::c_int;
    /// So much has to be free at the heap's end before some is given back.
    const TRIM: libc::c_int = 8 * STEP;

    pub(super) fn settle() {
        // They fail for values that are out of range only, and these are in it.
        // SAFETY: it takes two integers, and locks what it changes.
        unsafe {
            libc::mallopt(libc::M_MXFAST, 0);
            libc::mallopt(libc::M_ARENA_MAX, 1);
            libc::mallopt(libc::M_TOP_PAD, STEP);
            libc::mallopt(libc::M_TRIM_THRESHOLD, TRIM);
        }
    }

    /// Bytes of a page.
    pub(in super::super) fn page() -> Option<usize> {
        // SAFETY: it takes an integer and changes nothing.
        usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()
    }

    /// The address behind the heap.
    pub(in super::super) fn end_of_heap() -> usize {
        // SAFETY: by nothing, the heap is not moved; the C library says where it ends.
        unsafe { libc::sbrk(0) }.addr()
    }

    /// Moves the heap's end; glibc leaves alone what lies in between. Called before
    /// there are threads.
    pub(in super::super) fn lengthen_heap(bytes: usize) {
        if let Ok(bytes) = libc::intptr_t::try_from(bytes) {
            // SAFETY: no other thread moves it meanwhile; and glibc expects that others
            // do between its own calls, so nothing that it has is touched.
            unsafe { libc::sbrk(bytes) };
        }
    }

    /// Has the kernel put a huge page in the place of the small ones.
    pub(in super::super) fn make_huge_page(start: usize) -> io::Result<()> {
        let from = ptr::without_provenance_mut(start);
        // SAFETY: what is in that memory stays what it is.
        match unsafe { libc::madvise(from, HUGE_PAGE, COLLAPSE) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Where the allocator is not glibc's nobody knows where the heap is.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod other {
    use std::io;

    pub(in super::super) const fn page() -> Option<usize> {
        None
    }

    pub(in super::super) const fn end_of_heap() -> usize {
        0
    }

    pub(in super::super) const fn lengthen_heap(_: usize) {}

    pub(in super::super) fn make_huge_page(_: usize) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
