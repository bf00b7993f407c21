//! The table at the end.

/// One figure of one binary.
pub struct Row {
    pub binary: String,
    pub what: String,
    pub value: f64,
    pub unit: &'static str,
    pub note: String,
}

/// Prints a line a figure; with a second binary also how many times as much it
/// needs.
pub fn print(rows: &[Row], with_ratio: bool) {
    println!("{:<58} {:>14} {:>10}  note", "what", "binary", "figure");
    for row in rows {
        println!(
            "{:<58} {:>14} {:>7.3} {}  {}",
            row.what, row.binary, row.value, row.unit, row.note
        );
    }
    if !with_ratio {
        return;
    }
    println!("\nthe other / statsd-bridge");
    let (ours, theirs) = rows.split_at(rows.len() / 2);
    for (our, their) in ours.iter().zip(theirs) {
        println!("{:<58} {:>6.1} x", our.what, their.value / our.value);
    }
}
