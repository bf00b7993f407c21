//! Plots of the figures as SVG.
//!
//! Heat: cold.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::figure::{Figure, Plot, Unit, grouped};

type Drawn = Result<(), Box<dyn Error>>;

const SIZE: (u32, u32) = (900, 540);
const FONT: &str = "sans-serif";
/// Told apart also by those who see fewer colours (Okabe and Ito).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(90, 90, 90),
];

impl Plot {
    pub const ALL: [Self; 4] =
        [Self::CostOverRate, Self::MemoryPerSeries, Self::ScrapeOverSeries, Self::MissOverRules];

    pub const fn file(self) -> &'static str {
        match self {
            Self::CostOverRate => "cost-over-rate.svg",
            Self::MemoryPerSeries => "memory-per-series.svg",
            Self::ScrapeOverSeries => "scrape-over-series.svg",
            Self::MissOverRules => "first-sight-over-rules.svg",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::CostOverRate => "CPU time per line over the rate of lines",
            Self::MemoryPerSeries => "Memory per series, after a scrape",
            Self::ScrapeOverSeries => "Time of a scrape over the number of series",
            Self::MissOverRules => "First sight of a name over the number of rules",
        }
    }

    /// What the axes show.
    const fn axes(self) -> (&'static str, &'static str) {
        match self {
            Self::CostOverRate => ("lines a second", "CPU time per line"),
            Self::MemoryPerSeries => ("", "bytes per series"),
            Self::ScrapeOverSeries => ("series", "time of a scrape, median"),
            Self::MissOverRules => ("rules", "CPU time per new name"),
        }
    }
}

struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
}

/// Draws into the folder what there are figures for, and tells what that is.
pub fn draw(folder: &Path, figures: &[Figure]) -> Vec<Plot> {
    let drawn = Plot::ALL.into_iter().filter(|plot| {
        let curves = curves(*plot, figures);
        let file = folder.join(plot.file());
        let done = match plot {
            _ if curves.is_empty() => return false,
            Plot::MemoryPerSeries => bars(&file, *plot, figures),
            _ => lines(&file, *plot, &curves),
        };
        done.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        true
    });
    drawn.collect()
}

fn of(plot: Plot, figures: &[Figure]) -> impl Iterator<Item = (&Figure, &str, f64)> {
    figures.iter().filter_map(move |figure| {
        let point = figure.point.as_ref().filter(|point| point.plot == plot)?;
        Some((figure, point.curve.as_str(), point.x))
    })
}

fn curves(plot: Plot, figures: &[Figure]) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    for (figure, name, x) in of(plot, figures) {
        // A logarithmic axis has no place for what is not positive.
        let point = (x, figure.value.max(1e-10));
        match curves.iter_mut().find(|curve| curve.name == name) {
            Some(curve) => curve.points.push(point),
            None => curves.push(Curve { name: name.to_owned(), points: vec![point] }),
        }
    }
    for curve in &mut curves {
        curve.points.sort_by(|one, other| one.0.total_cmp(&other.0));
    }
    curves
}

/// The powers of ten around the values, two decades at least: of a shorter axis
/// plotters labels every line or none.
fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    // A million is not to make an axis of ten million.
    let low = 10_f64.powf((low * 1.001).log10().floor());
    let high = 10_f64.powf((high * 0.999).log10().ceil());
    // The powers themselves are to be inside, or they are not labelled.
    (low * 0.97, high.max(low * 100.0) * 1.03)
}

fn lines(file: &Path, plot: Plot, curves: &[Curve]) -> Drawn {
    let points = || curves.iter().flat_map(|curve| curve.points.iter());
    let (left, right) = span(points().map(|point| point.0));
    let (bottom, top) = span(points().map(|point| point.1));
    let (x, y) = plot.axes();
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(plot.title(), (FONT, 20))
        .margin(14)
        .margin_right(30)
        .x_label_area_size(46)
        .y_label_area_size(86)
        .build_cartesian_2d((left..right).log_scale(), (bottom..top).log_scale())?;
    chart
        .configure_mesh()
        .x_desc(x)
        .y_desc(y)
        .x_label_formatter(&|x| grouped(*x))
        .y_label_formatter(&|y| Unit::Seconds.show(*y))
        .label_style((FONT, 13))
        .axis_desc_style((FONT, 15))
        .light_line_style(BLACK.mix(0.05))
        .draw()?;
    for (curve, colour) in curves.iter().zip(COLOURS.iter().copied().cycle()) {
        let style = colour.stroke_width(2);
        chart
            .draw_series(LineSeries::new(curve.points.iter().copied(), style))?
            .label(curve.name.as_str())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        let dots = curve.points.iter().map(|point| Circle::new(*point, 3, colour.filled()));
        chart.draw_series(dots)?;
    }
    let place = match plot {
        Plot::CostOverRate => SeriesLabelPosition::UpperRight,
        _ => SeriesLabelPosition::UpperLeft,
    };
    legend(&mut chart, place)?;
    root.present()?;
    Ok(())
}

/// A bar for each kind of series and binary, the kinds beside each other.
fn bars(file: &Path, plot: Plot, figures: &[Figure]) -> Drawn {
    let mut kinds: Vec<&str> = of(plot, figures).map(|(_, kind, _)| kind).collect();
    kinds.dedup();
    let mut binaries: Vec<&str> =
        of(plot, figures).map(|(figure, ..)| figure.binary.as_str()).collect();
    binaries.sort_by_key(|binary| *binary != figures[0].binary);
    binaries.dedup();
    let (low, high) = span(of(plot, figures).map(|(figure, ..)| figure.value));
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let name =
        |place: &f64| kinds.get(*place as usize).filter(|_| (place.fract() - 0.5).abs() < 0.01);
    let mut chart = ChartBuilder::on(&root)
        .caption(plot.title(), (FONT, 20))
        .margin(14)
        .x_label_area_size(36)
        .y_label_area_size(86)
        .build_cartesian_2d(0.0..kinds.len() as f64, (low..high).log_scale())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(kinds.len() * 2 + 1)
        .x_label_formatter(&|place| name(place).map_or_else(String::new, |kind| (*kind).to_owned()))
        .y_desc(plot.axes().1)
        .y_label_formatter(&|bytes| Unit::Bytes.show(*bytes))
        .label_style((FONT, 14))
        .axis_desc_style((FONT, 15))
        .light_line_style(BLACK.mix(0.05))
        .draw()?;
    let width = 0.8 / binaries.len() as f64;
    for (place, binary) in binaries.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let bars: Vec<(f64, f64)> = of(plot, figures)
            .filter(|(figure, ..)| figure.binary == *binary)
            .filter_map(|(figure, kind, _)| {
                let kind = kinds.iter().position(|known| *known == kind)?;
                Some((kind as f64 + 0.1 + width * place as f64, figure.value))
            })
            .collect();
        let bar = |(left, value): &(f64, f64)| {
            Rectangle::new([(*left, low), (left + width * 0.95, *value)], colour.filled())
        };
        chart
            .draw_series(bars.iter().map(bar))?
            .label(*binary)
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled()));
        chart.draw_series(bars.iter().map(|(left, value)| {
            let text = Unit::Bytes.show(*value);
            Text::new(text, (left + width * 0.2, value * 1.14), (FONT, 13))
        }))?;
    }
    legend(&mut chart, SeriesLabelPosition::UpperLeft)?;
    root.present()?;
    Ok(())
}

/// Which colour is whose, in a corner where nothing is drawn.
fn legend<'d, X, Y>(
    chart: &mut ChartContext<'d, SVGBackend<'d>, Cartesian2d<X, Y>>,
    place: SeriesLabelPosition,
) -> Drawn
where
    X: Ranged,
    Y: Ranged,
{
    chart
        .configure_series_labels()
        .position(place)
        .margin(12)
        .label_font((FONT, 13))
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    Ok(())
}
