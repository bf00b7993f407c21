//! Packing lines into packets for the relay: as many whole lines as fit, in
//! order. Pure: what is full goes to a function.
//!
//! Heat: warm (once per packet and per buffer of lines, not per line).

/// A packet that is being filled.
#[derive(Debug)]
pub struct Packer {
    longest: usize,
    packet: Vec<u8>,
}

impl Packer {
    /// Fills packets of at most `longest` bytes.
    #[must_use]
    pub fn new(longest: usize) -> Self {
        Self { longest, packet: Vec::with_capacity(longest) }
    }

    /// Whether the packet that is being filled holds nothing yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.packet.is_empty()
    }

    /// Takes whole lines, each with its `\n`; gives each packet to `send` when
    /// the next line does not fit into it any more. A line that is longer than a
    /// packet, which no worker hands over, would be one by itself.
    pub fn add(&mut self, mut lines: &[u8], mut send: impl FnMut(&[u8])) {
        while !lines.is_empty() {
            let room = self.longest - self.packet.len().min(self.longest);
            let fitting = match whole_lines(lines, room) {
                0 if self.is_empty() => first_line(lines),
                0 => {
                    self.flush(&mut send);
                    continue;
                }
                fitting => fitting,
            };
            let (now, rest) = lines.split_at_checked(fitting).unwrap_or((lines, &[]));
            self.packet.extend_from_slice(now);
            lines = rest;
        }
    }

    /// Gives what there is to `send`, if there is anything.
    pub fn flush(&mut self, mut send: impl FnMut(&[u8])) {
        if !self.packet.is_empty() {
            send(&self.packet);
            self.packet.clear();
        }
    }
}

/// The length of the lines that fit into `room` bytes.
fn whole_lines(lines: &[u8], room: usize) -> usize {
    let window = lines.get(..room).unwrap_or(lines);
    memchr::memrchr(b'\n', window).map_or(0, |end| end + 1)
}

fn first_line(lines: &[u8]) -> usize {
    memchr::memchr(b'\n', lines).map_or(lines.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(longest: usize, pieces: &[&str]) -> Vec<String> {
        let (mut packer, mut packets) = (Packer::new(longest), Vec::new());
        let mut send = |packet: &[u8]| packets.push(String::from_utf8(packet.to_vec()).unwrap());
        for piece in pieces {
            packer.add(piece.as_bytes(), &mut send);
        }
        packer.flush(&mut send);
        packer.flush(&mut send);
        assert!(packer.is_empty());
        packets
    }

    #[test]
    fn lines_are_packed_while_they_fit() {
        for (longest, pieces, packets) in [
            (6, &["ab\n", "cd\n", "ef\n"][..], &["ab\ncd\n", "ef\n"][..]),
            (6, &["ab\ncd\nef\n"], &["ab\ncd\n", "ef\n"]),
            (5, &["ab\ncd\n"], &["ab\n", "cd\n"]),
            (4, &["abc\n", "d\n", "e\n", "f\n"], &["abc\n", "d\ne\n", "f\n"]),
            (100, &[], &[]),
            (3, &["too long\na\n"], &["too long\n", "a\n"]),
        ] {
            assert_eq!(packed(longest, pieces), packets, "{longest} {pieces:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_packet_could_have_taken_the_next_line(
            lines in prop::collection::vec("[a-z]{1,20}", 0..60),
            cuts in prop::collection::vec(1_usize..8, 1..20),
            longest in 21_usize..80,
        ) {
            let lines: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
            let (mut pieces, mut rest) = (Vec::new(), &lines[..]);
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (now, after) = rest.split_at((*cut).min(rest.len()));
                pieces.push(now.concat());
                rest = after;
            }
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            let packets = packed(longest, &pieces);
            prop_assert_eq!(packets.concat(), lines.concat());
            for pair in packets.windows(2) {
                let next = pair[1].find('\n').unwrap() + 1;
                prop_assert!(pair[0].len() <= longest && pair[0].len() + next > longest);
            }
        }
    }
}
