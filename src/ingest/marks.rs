//! Where line feeds and colons are among sixty-four bytes, one bit for each: what a
//! search for one byte after the other finds in a walk of its own for each line is
//! found here in one walk over the datagram.
//!
//! It says where they are, not what they mean.
//!
//! Heat: hot (once per 64 bytes).
#![cfg_attr(target_arch = "x86_64", allow(unsafe_code))]

/// Bytes of a block: as many as a word has bits.
pub(super) const BLOCK: usize = 64;

/// The first byte's bit is the lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) line_feeds: u64,
    pub(super) colons: u64,
}

impl Marks {
    /// Of the bytes of `text` from `start` on, as many as there are up to a block.
    #[inline]
    pub(super) fn of(text: &[u8], start: usize) -> Self {
        let rest = text.get(start..).unwrap_or_default();
        if let Some(block) = rest.first_chunk() {
            return Self::of_block(block);
        }
        // The last block of the text, whose first bytes were seen before.
        if let Some(block) = text.last_chunk::<BLOCK>() {
            let seen = BLOCK - rest.len();
            return Self::of_block(block).without_first(seen);
        }
        let mut block = [0; BLOCK];
        if let Some(begin) = block.get_mut(..rest.len()) {
            begin.copy_from_slice(rest);
        }
        Self::of_block(&block)
    }

    /// The marks of what comes behind the first `count` bytes, fewer than 64 or all.
    fn without_first(self, count: usize) -> Self {
        let shift = |bits: u64| u32::try_from(count).ok().and_then(|count| bits.checked_shr(count));
        Self {
            line_feeds: shift(self.line_feeds).unwrap_or_default(),
            colons: shift(self.colons).unwrap_or_default(),
        }
    }

    /// Without all up to this bit.
    #[inline]
    pub(super) const fn after(self, bit: u32) -> Self {
        let later = (u64::MAX << bit) << 1;
        Self { line_feeds: self.line_feeds & later, colons: self.colons & later }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline]
    fn of_block(block: &[u8; BLOCK]) -> Self {
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { sse2::of_block(block) }
    }

    #[cfg(not(target_arch = "x86_64"))]
    #[inline]
    fn of_block(block: &[u8; BLOCK]) -> Self {
        words::of_block(block)
    }
}

/// Sixteen bytes at a time, by instructions that every x86-64 has.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8,
    };

    use super::{BLOCK, Marks};

    #[inline]
    #[target_feature(enable = "sse2")]
    pub(super) fn of_block(block: &[u8; BLOCK]) -> Marks {
        let (mut line_feeds, mut colons) = (0, 0);
        let (sixteens, _none) = block.as_chunks::<16>();
        for (at, bytes) in sixteens.iter().enumerate() {
            let bytes = load(bytes);
            line_feeds |= equal(bytes, b'\n') << (16 * at);
            colons |= equal(bytes, b':') << (16 * at);
        }
        Marks { line_feeds, colons }
    }

    /// One load, which is how the compiler reads it.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn load(bytes: &[u8; 16]) -> __m128i {
        let [low, high] = [bytes.first_chunk(), bytes.last_chunk()]
            .map(|half| half.map_or(0, |half| i64::from_le_bytes(*half)));
        _mm_set_epi64x(high, low)
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn equal(bytes: __m128i, byte: u8) -> u64 {
        let equal = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte.cast_signed()));
        u64::from(_mm_movemask_epi8(equal).cast_unsigned())
    }
}

/// Eight bytes at a time, on any processor.
#[cfg(any(all(test, not(loom_model)), not(target_arch = "x86_64")))]
mod words {
    use super::{BLOCK, Marks};

    #[inline]
    pub(super) fn of_block(block: &[u8; BLOCK]) -> Marks {
        let (mut line_feeds, mut colons) = (0, 0);
        let (eights, _none) = block.as_chunks::<8>();
        for (at, bytes) in eights.iter().enumerate() {
            let bytes = u64::from_le_bytes(*bytes);
            line_feeds |= equal(bytes, b'\n') << (8 * at);
            colons |= equal(bytes, b':') << (8 * at);
        }
        Marks { line_feeds, colons }
    }

    /// A bit for each byte.
    #[inline]
    const fn equal(bytes: u64, byte: u8) -> u64 {
        const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
        let differing = bytes ^ u64::from_ne_bytes([byte; 8]);
        // The highest bit of each byte that differs in any.
        let different = (((differing & LOW) + LOW) | differing) & !LOW;
        // The product brings the eight bits together in the highest byte.
        ((different ^ !LOW) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One byte after the other.
    fn reference(text: &[u8]) -> Marks {
        let bits = |wanted| {
            let bits = (0_u32..).zip(text).filter(|(_, byte)| **byte == wanted);
            bits.fold(0, |bits, (at, _)| bits | 1_u64 << at)
        };
        Marks { line_feeds: bits(b'\n'), colons: bits(b':') }
    }

    fn bytes() -> impl Strategy<Value = u8> {
        prop_oneof![Just(b'\n'), Just(b':'), any::<u8>()]
    }

    proptest! {
        #[test]
        fn both_ways_mark_what_is_there(block in prop::collection::vec(bytes(), BLOCK)) {
            let block: [u8; BLOCK] = block.try_into().unwrap();
            prop_assert_eq!(Marks::of_block(&block), reference(&block));
            prop_assert_eq!(words::of_block(&block), reference(&block));
        }

        #[test]
        fn any_part_of_a_text_is_marked(text in prop::collection::vec(bytes(), 0..200)) {
            for start in 0..=text.len() {
                let end = text.len().min(start + BLOCK);
                prop_assert_eq!(Marks::of(&text, start), reference(&text[start..end]), "{}", start);
            }
        }
    }

    #[test]
    fn every_byte_is_told_from_the_two() {
        for byte in 0..=u8::MAX {
            let block = [byte; BLOCK];
            assert_eq!(Marks::of_block(&block), reference(&block), "{byte}");
            assert_eq!(words::of_block(&block), reference(&block), "{byte}");
        }
    }

    #[test]
    fn what_was_seen_is_marked_no_more() {
        let all = Marks { line_feeds: u64::MAX, colons: u64::MAX };
        for bit in 0..64 {
            let kept = all.after(bit).line_feeds;
            assert_eq!((kept.count_zeros(), kept.trailing_zeros()), (bit + 1, bit + 1));
        }
    }
}
