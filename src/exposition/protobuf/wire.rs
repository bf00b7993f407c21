//! Protocol buffers' wire format, as much of it as is written here. Fields are
//! written whether or not they are zero: a field that is there and 0 is not one
//! that is missing.
//!
//! Heat: cold (a few times per series and scrape).

const VARINT: u8 = 0;
const FIXED_64: u8 = 1;
const LENGTH: u8 = 2;

/// A number in groups of seven bits, the lowest first.
pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return out.push(low & 0x7f);
        }
        out.push(low | 0x80);
    }
}

fn key(out: &mut Vec<u8>, field: u8, kind: u8) {
    varint(out, u64::from(field) << 3 | u64::from(kind));
}

/// A `uint64`, `uint32`, `int64` or enum that is not negative.
pub(super) fn unsigned(out: &mut Vec<u8>, field: u8, value: u64) {
    key(out, field, VARINT);
    varint(out, value);
}

/// A `sint64` or `sint32`: small numbers of either sign are short.
pub(super) fn signed(out: &mut Vec<u8>, field: u8, value: i64) {
    unsigned(out, field, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

/// A `double`.
pub(super) fn double(out: &mut Vec<u8>, field: u8, value: f64) {
    key(out, field, FIXED_64);
    out.extend_from_slice(&value.to_le_bytes());
}

/// A `string`.
pub(super) fn string(out: &mut Vec<u8>, field: u8, value: &str) {
    key(out, field, LENGTH);
    varint(out, value.len() as u64);
    out.extend_from_slice(value.as_bytes());
}

/// A message, which `fill` writes.
pub(super) fn message(out: &mut Vec<u8>, field: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    key(out, field, LENGTH);
    let from = out.len();
    // The length of most fits one byte; for that of others room is made after.
    out.push(0);
    fill(out);
    let length = out.len() - from - 1;
    if let (Ok(short @ ..0x80), Some(place)) = (u8::try_from(length), out.get_mut(from)) {
        *place = short;
    } else {
        let mut long = Vec::with_capacity(10);
        varint(&mut long, length as u64);
        out.splice(from..=from, long);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn numbers_are_as_the_format_describes_them() {
        for (value, bytes) in [
            (0, &[0][..]),
            (1, &[1]),
            (127, &[0x7f]),
            (128, &[0x80, 1]),
            (150, &[0x96, 1]),
            (u64::MAX, &[255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
        ] {
            assert_eq!(written(|out| varint(out, value)), bytes, "{value}");
        }
        for (value, zigzag) in [(0, 0), (-1, 1), (1, 2), (-2, 3), (63, 126), (-64, 127)] {
            assert_eq!(written(|out| signed(out, 1, value)), [8, zigzag], "{value}");
        }
        let longest = [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
        assert_eq!(written(|out| signed(out, 1, i64::MIN)), longest);
        assert_eq!(written(|out| double(out, 2, 1.0)), [17, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
        assert_eq!(written(|out| string(out, 2, "é")), [18, 2, 0xc3, 0xa9]);
    }

    #[test]
    fn a_message_has_its_length_in_front_however_long() {
        for length in [0, 1, 127, 128, 300, 20_000] {
            let bytes = written(|out| {
                out.push(7);
                message(out, 15, |out| out.extend(vec![9; length]));
                out.push(8);
            });
            let mut expected = vec![7, 0x7a];
            varint(&mut expected, length as u64);
            expected.extend(vec![9; length]);
            expected.push(8);
            assert_eq!(bytes, expected);
        }
    }
}
