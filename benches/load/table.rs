//! The table at the end.
//!
//! Heat: cold.

use std::fmt::Write;

use crate::figure::Figure;

const HEAD: [&str; 6] = ["what", "binary", "figure", "target", "", "note"];

/// Prints all figures, and beside each what the issue asks for.
pub fn print(figures: &[Figure]) {
    print!("{}", text(figures));
}

fn text(figures: &[Figure]) -> String {
    let rows: Vec<[String; 6]> = figures.iter().map(row).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEAD[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text = line(&HEAD.map(str::to_owned), &widths);
    let mut phase = "";
    for (figure, row) in figures.iter().zip(&rows) {
        if figure.phase != phase {
            phase = figure.phase;
            let _ = write!(text, "\n{phase}\n");
        }
        text += &line(row, &widths);
    }
    text
}

/// The cells of a figure, also for the record.
pub fn row(figure: &Figure) -> [String; 6] {
    let target = figure.target.map(|target| format!("≤ {}", figure.unit.show(target)));
    let met = figure.is_met().map(|met| if met { "met" } else { "NOT MET" });
    [
        figure.what.clone(),
        figure.binary.clone(),
        figure.unit.show(figure.value),
        target.unwrap_or_default(),
        met.unwrap_or_default().to_owned(),
        figure.note.clone(),
    ]
}

fn line(cells: &[String; 6], widths: &[usize]) -> String {
    let padded = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
        let space = " ".repeat(width - cell.chars().count());
        // Figures and targets read best with their ends below each other.
        if matches!(column, 2 | 3) { space + cell } else { cell.clone() + &space }
    });
    let line = padded.collect::<Vec<_>>().join("  ");
    format!("{}\n", line.trim_end())
}
