//! A run as a folder that can be kept: the figures as JSON, the plots, and a
//! README that says what was measured on what.
//!
//! Heat: cold.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::figure::{Figure, Plot};
use crate::harness::host::Host;
use crate::phases::{Phase, Run};
use crate::{plot, table};

#[derive(Serialize)]
struct Result<'r> {
    host: &'r Host,
    figures: &'r [Figure],
}

/// Writes the record of a run with these phases left, and tells where it is.
pub fn write(run: &Run, records: &Path, left: &[Phase]) -> PathBuf {
    let host = &run.host;
    let folder = records.join(host.slug());
    fs::create_dir_all(&folder).expect("the folder of the record can be made");
    let result = Result { host, figures: &run.figures };
    let json = serde_json::to_string_pretty(&result).expect("figures can be written as JSON");
    put(&folder, "result.json", &(json + "\n"));
    let plots = plot::draw(&folder, &run.figures);
    put(&folder, "README.md", &readme(host, &run.figures, &plots, left));
    folder
}

fn put(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("the record can be written");
}

fn readme(host: &Host, figures: &[Figure], plots: &[Plot], left: &[Phase]) -> String {
    let mut text = host.markdown();
    if !left.is_empty() {
        let left: Vec<_> = left.iter().map(|phase| phase.name()).collect();
        let _ =
            write!(text, "\n**Not at its end: nothing was measured of {}.**\n", left.join(", "));
    }
    text += "\nOne thread sends, from several sockets, on a core that the receiver does not use \
             (where latency is measured, on any). Receivers are started together and sent to in \
             turns. All that is lost is told. The floor is a process that runs the bridge's \
             receiving loop and discards; figures in [result.json](result.json) are in whole \
             seconds and bytes.\n";
    for plot in plots {
        let _ = write!(text, "\n![{}]({})\n", plot.title(), plot.file());
    }
    let mut phase = "";
    for figure in figures {
        if figure.phase != phase {
            phase = figure.phase;
            let _ = write!(text, "\n## {phase}\n\n| what | binary | figure | target | | note |\n");
            text += "|---|---|--:|--:|---|---|\n";
        }
        let _ = writeln!(text, "| {} |", table::row(figure).join(" | "));
    }
    text
}
