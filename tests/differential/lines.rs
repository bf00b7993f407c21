//! Lines that are right, nearly right or damaged, without those on which the two
//! are known to differ.
//!
//! Heat: cold.

use crate::avoid;
use crate::dice::Dice;

/// What a round's lines are made of.
pub struct Vocabulary {
    /// Begins every name: no other round has it.
    pub prefix: String,
    /// The names.
    pub names: Vec<String>,
    /// Whether the samples of one line may be of several types: not where a
    /// mapping tells types apart, since there labels leak from one to the next.
    pub mixed_types: bool,
}

const COMPONENTS: [&str; 14] =
    ["a", "b", "c", "a", "b", "web", "x-y", "1st", "ü", "a b", "", "_", "total", "A--b"];

impl Vocabulary {
    /// Some names for a round.
    pub fn new(dice: &mut Dice, prefix: &str, mixed_types: bool) -> Self {
        let name = |dice: &mut Dice| {
            let mut name = prefix.to_owned();
            for _ in 0..=dice.below(3) {
                name = name + "." + dice.word(&COMPONENTS);
            }
            name
        };
        let names = (0..20).map(|_| name(dice)).collect();
        Self { prefix: prefix.to_owned(), names, mixed_types }
    }

    /// A line that both are to read alike.
    pub fn line(&self, dice: &mut Dice) -> Vec<u8> {
        loop {
            let mut line = self.good_line(dice).into_bytes();
            if dice.percent(12) {
                damage(dice, &mut line, self.prefix.len());
            }
            // A damage may make another type of one sample.
            let leaks = !self.mixed_types && avoid::has_several_types(&line);
            if !leaks && !avoid::differs(&line) {
                return line;
            }
        }
    }

    fn good_line(&self, dice: &mut Dice) -> String {
        let at = dice.below(self.names.len());
        // Most names keep to one type, so that not everything is a conflict.
        let code = if dice.percent(85) { CODES[at % CODES.len()] } else { dice.word(&CODES) };
        let (name, tagged) = name_with_tags(dice, &self.names[at]);
        let rest = match dice.below(20) {
            0..3 if self.mixed_types => several(dice, |dice| dice.word(&CODES)),
            0..3 => several(dice, |_| code),
            3..5 => extended(dice, code, tagged),
            _ => {
                let tagged = tagged || dice.percent(40);
                single(dice, code, !tagged)
            }
        };
        format!("{name}:{rest}")
    }

    /// Pieces for a transport: datagrams of one to five lines, or lines.
    pub fn pieces(&self, dice: &mut Dice, lines: usize, batches: bool) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        let mut left = lines;
        while left > 0 {
            let size = if batches { 1 + dice.below(5) } else { 1 };
            let lines: Vec<_> = (0..size).map(|_| self.line(dice)).collect();
            pieces.push(lines.join(&b'\n'));
            left = left.saturating_sub(size);
        }
        pieces
    }
}

const CODES: [&str; 8] = ["c", "g", "ms", "h", "d", "c", "g", "ms"];
const KEYS: [&str; 16] = [
    "k",
    "kk",
    "x",
    "1st",
    "b-c",
    "b.c",
    "é",
    "container_id",
    "K",
    "-",
    "_",
    "code",
    "",
    "a b",
    "job",
    "app",
];
const VALUES: [&str; 12] =
    ["v", "1", "two words", "", "v=w", "ü", "a\"b", "a\\b", "#", "a/b", "$1", "\u{1f600}"];

fn tag(dice: &mut Dice, separator: &str) -> String {
    let separator = if dice.percent(95) { separator } else { "" };
    dice.text(&KEYS) + separator + dice.word(&VALUES)
}

fn tags(dice: &mut Dice, separator: &str) -> String {
    let tags: Vec<_> = (0..dice.below(4)).map(|_| tag(dice, separator)).collect();
    tags.join(",") + dice.word(&["", "", "", "", ",", ",,"])
}

fn name_with_tags(dice: &mut Dice, name: &str) -> (String, bool) {
    match dice.below(30) {
        0..2 => (format!("{name}#{}", tags(dice, "=")), true),
        2..4 => (format!("{name},{}", tags(dice, "=")), true),
        4..6 => (format!("{name}[{}]{}", tags(dice, "="), dice.word(&["", "z", ".b"])), true),
        6 => (
            name.to_owned() + dice.word(&["[", "]", "[]", "[[]]", "[k=v", "k=v]", "[k=v]#x=y"]),
            true,
        ),
        _ => (name.to_owned(), false),
    }
}

fn value(dice: &mut Dice, code: &str) -> String {
    match dice.below(25) {
        0 => dice.text(&["x", "", " 1", "1 ", "+", "-", ".", "e1", "1e", "1e400", "1.2.3", "٣"]),
        1 => dice.text(&["0", "-0", "+0", "1e-400", "00012", "5.", ".5", "1E2", "1e+2", "12e-1"]),
        2 if code == "g" => dice.text(&["1e300", "1e-300", "123456789012345678", "0.1", "1e21"]),
        3..6 if code == "g" => dice.text(&["+1", "-1", "+0.5", "-2.25", "+1e2"]),
        3 => dice.text(&["-1", "+1", "-0.5", "+2.5"]),
        4..8 => format!("{}.{}", dice.below(100), dice.below(1000)),
        _ => dice.below(2000).to_string(),
    }
}

fn section(dice: &mut Dice, code: &str, plain: bool) -> String {
    let tags_or =
        |dice: &mut Dice| if plain { "T1".to_owned() } else { "#".to_owned() + &tags(dice, ":") };
    match dice.below(20) {
        0..6 => tags_or(dice),
        6..12 if code != "c" => dice.text(&["@0.5", "@1", "@0.1", "@0", "@0.3"]),
        6..12 => dice.text(&["@0.5", "@0.25", "@1", "@0", "@.5", "@0.1", "@0.3", "@1e-1"]),
        12 => dice.text(&["@x", "@", "@1.2.3", "@ 1"]),
        13..15 if !plain => dice.text(&["c:id", "c:in-1", "c:a:b", "c:"]),
        15 => dice.text(&["c", "cc", "zz", "0.1", "s", "T", "t1"]),
        16 => String::new(),
        _ => dice.text(&["T1656581400", "T", "Tx"]),
    }
}

fn tail(dice: &mut Dice, code: &str, plain: bool) -> String {
    let code = match dice.below(40) {
        0 => dice.word(&["s", "C", "c ", "", "m", "cc", "kv"]),
        _ => code,
    };
    let count = *dice.pick(&[0, 0, 0, 1, 1, 1, 2, 2, 3, 5]);
    let sections: String =
        (0..count).map(|_| "|".to_owned() + &section(dice, code, plain)).collect();
    format!("|{code}{sections}")
}

fn single(dice: &mut Dice, code: &str, dogstatsd: bool) -> String {
    let tags = if dogstatsd { format!("|#{}", tags(dice, ":")) } else { String::new() };
    value(dice, code) + &tail(dice, code, !dogstatsd) + &tags
}

fn several(dice: &mut Dice, code: impl Fn(&mut Dice) -> &'static str) -> String {
    let sample = |dice: &mut Dice| {
        let code = code(dice);
        value(dice, code) + &tail(dice, code, true)
    };
    let samples: Vec<_> = (0..2 + dice.below(3)).map(|_| sample(dice)).collect();
    samples.join(":")
}

fn extended(dice: &mut Dice, code: &str, tagged: bool) -> String {
    let values: Vec<_> = (0..2 + dice.below(3)).map(|_| value(dice, "h")).collect();
    values.join(":") + &tail(dice, code, tagged)
}

/// One to three small damages, none of them in the round's prefix.
fn damage(dice: &mut Dice, line: &mut Vec<u8>, prefix: usize) {
    const INSERTS: [&[u8]; 18] = [
        b":",
        b"|",
        b"#",
        b",",
        b"=",
        b"@",
        b" ",
        b"\xff",
        "é".as_bytes(),
        b"||",
        b"::",
        b"|#",
        b"0",
        b"-",
        b"\0",
        b":1|c",
        b"|c",
        b"\t",
    ];
    for _ in 0..=dice.below(3) {
        let at = prefix + dice.below(line.len() - prefix + 1);
        match dice.below(3) {
            0 if at < line.len() => drop(line.remove(at)),
            _ => drop(line.splice(at..at, dice.pick(&INSERTS).iter().copied())),
        }
    }
}
