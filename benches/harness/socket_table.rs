//! The kernel's table of UDP sockets: what waits in one, and what it dropped.
//! It tells this of any process.
//!
//! Heat: warm (while series are made, once per 64 kB sent).

use std::fs;

#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Bytes in the receive buffer, as the kernel charges them.
    pub waiting: u64,
    pub drops: u64,
}

/// The socket bound to this port, over IPv4 or IPv6.
pub fn row(port: u16) -> Option<Row> {
    ["/proc/net/udp", "/proc/net/udp6"].into_iter().find_map(|table| {
        let text = fs::read_to_string(table).ok()?;
        let rows = text.lines().skip(1).filter_map(read);
        rows.filter(|(bound, _)| *bound == port).map(|(_, row)| row).reduce(Row::and)
    })
}

impl Row {
    /// Several sockets may share a port.
    const fn and(self, other: Self) -> Self {
        Self { waiting: self.waiting + other.waiting, drops: self.drops + other.drops }
    }
}

/// `sl local_address rem_address st tx_queue:rx_queue … drops`.
fn read(line: &str) -> Option<(u16, Row)> {
    let mut fields = line.split_whitespace();
    let port = u16::from_str_radix(fields.nth(1)?.rsplit(':').next()?, 16).ok()?;
    let waiting = u64::from_str_radix(fields.nth(2)?.rsplit(':').next()?, 16).ok()?;
    Some((port, Row { waiting, drops: fields.last()?.parse().ok()? }))
}
