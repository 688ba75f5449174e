//! The chart: microseconds a write against the size of its campaign, both logarithmic, as SVG.
//!
//! White ground and a thin frame of its own, because a page that shows it may be light or dark. Each line is named at its
//! end, in its own colour, so that no legend has to be matched.

use std::fmt::Write;

use crate::contenders::Contender;
use crate::section::Section;
use crate::statistics::median;
use crate::work::Kind;

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 540.0;
const LEFT: f64 = 74.0;
const RIGHT: f64 = 656.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = 472.0;
/// The least distance between two names.
const LABEL_STEP: f64 = 19.0;

#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub name: String,
    pub colour: &'static str,
    pub dashes: &'static str,
    pub width: f64,
    /// Clips of the campaign, microseconds a write; by size.
    pub points: Vec<(f64, f64)>,
}

/// None when fewer than two sizes were measured: that is no line.
pub fn cost_per_write(sections: &[Section]) -> Option<String> {
    let sized: Vec<_> = sections
        .iter()
        .filter(|section| section.work.kind == Kind::Clip && section.work.clients == 1)
        .collect();
    if sized.len() < 2 {
        return None;
    }
    let series: Vec<_> = crate::contenders::ALL
        .iter()
        .map(|contender| series(&sized, *contender))
        .filter(|series| !series.points.is_empty())
        .collect();
    Some(draw(&series))
}

fn series(sections: &[&Section], contender: Contender) -> Series {
    let points = sections.iter().filter_map(|section| {
        let rate = median(&section.line(contender)?.values)?;
        Some((f64::from(section.work.layout.clips_per_campaign()), 1e6 / rate))
    });
    let (colour, dashes, width) = look(contender);
    Series {
        name: contender.label().to_owned(),
        colour,
        dashes,
        width,
        points: points.collect(),
    }
}

/// Ours is strong; what adds is blue, what sums is orange, what keeps no total is grey.
fn look(contender: Contender) -> (&'static str, &'static str, f64) {
    match contender {
        Contender::NoTrigger => ("#6b7280", "", 1.8),
        Contender::Limit => ("#6b7280", "2 4", 1.8),
        Contender::RowAdds => ("#2563eb", "", 1.8),
        Contender::StatementAdds => ("#2563eb", "7 4", 1.8),
        Contender::RowSums => ("#c2570c", "", 1.8),
        Contender::StatementSums => ("#c2570c", "7 4", 1.8),
        Contender::PgIvm => ("#7c3aed", "", 1.8),
        Contender::SpendSync => ("#047857", "", 3.6),
        Contender::SpendSyncTwo => ("#047857", "2 4", 2.0),
        Contender::SpendSyncAtCommit => ("#047857", "7 4", 2.0),
    }
}

/// Where values stand on the page.
struct Scale {
    x_range: (f64, f64),
    y_range: (f64, f64),
}

impl Scale {
    fn of(series: &[Series]) -> Scale {
        let all = || series.iter().flat_map(|series| series.points.iter());
        Scale {
            x_range: range_of_logarithms(all().map(|point| point.0)),
            y_range: range_of_logarithms(all().map(|point| point.1)),
        }
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + place(value, self.x_range) * (RIGHT - LEFT)
    }

    fn y(&self, value: f64) -> f64 {
        BOTTOM - place(value, self.y_range) * (BOTTOM - TOP)
    }
}

/// The logarithms around all values, to the half: a whole decade for one point would be mostly empty.
fn range_of_logarithms(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let from = (low.log10() * 2.0).floor() / 2.0;
    (from, ((high.log10() * 2.0).ceil() / 2.0).max(from + 1.0))
}

/// The whole powers of ten within.
fn decades((from, to): (f64, f64)) -> std::ops::RangeInclusive<i32> {
    from.ceil() as i32..=to.floor() as i32
}

fn place(value: f64, (from, to): (f64, f64)) -> f64 {
    (value.log10() - from) / (to - from)
}

pub fn draw(series: &[Series]) -> String {
    let scale = Scale::of(series);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13" role="img" aria-label="Cost of a write against the size of its campaign">
<rect x="0.5" y="0.5" width="{}" height="{}" rx="10" fill="#ffffff" stroke="#d1d5db"/>
<text x="24" y="34" font-size="18" font-weight="600" fill="#111827">Cost of a write against the size of its campaign</text>
<text x="24" y="56" fill="#4b5563">microseconds for one clip's earnings by key, one client, median; lower is better</text>
"##,
        WIDTH - 1.0,
        HEIGHT - 1.0
    );
    grid(&mut svg, &scale);
    // Ours last, on top of what it meets.
    let mut order: Vec<_> = series.iter().collect();
    order.sort_by(|one, other| one.width.total_cmp(&other.width));
    order.iter().for_each(|series| line(&mut svg, &scale, series));
    labels(&mut svg, &scale, series);
    svg.push_str("</svg>\n");
    svg
}

fn grid(svg: &mut String, scale: &Scale) {
    for decade in decades(scale.y_range) {
        let (y, value) = (scale.y(10_f64.powi(decade)), microseconds(decade));
        let _ = writeln!(
            svg,
            r##"<path d="M{LEFT} {y:.1}H{RIGHT}" stroke="#e5e7eb"/><text x="{}" y="{:.1}" text-anchor="end" fill="#4b5563">{value}</text>"##,
            LEFT - 10.0,
            y + 4.5
        );
    }
    for decade in decades(scale.x_range) {
        let (x, value) = (scale.x(10_f64.powi(decade)), clips(decade));
        let _ = writeln!(
            svg,
            r##"<path d="M{x:.1} {BOTTOM}v5" stroke="#9ca3af"/><text x="{x:.1}" y="{}" text-anchor="middle" fill="#4b5563">{value}</text>"##,
            BOTTOM + 22.0
        );
    }
    let _ = writeln!(
        svg,
        r##"<path d="M{LEFT} {BOTTOM}H{RIGHT}" stroke="#9ca3af"/>
<text x="{}" y="{}" text-anchor="middle" fill="#4b5563">approved clips of the campaign</text>"##,
        (LEFT + RIGHT) / 2.0,
        BOTTOM + 46.0
    );
}

fn microseconds(decade: i32) -> String {
    match decade {
        ..3 => format!("{} µs", 10_f64.powi(decade)),
        3..6 => format!("{} ms", 10_f64.powi(decade - 3)),
        _ => format!("{} s", 10_f64.powi(decade - 6)),
    }
}

fn clips(decade: i32) -> String {
    match decade {
        ..3 => format!("{}", 10_f64.powi(decade)),
        3..6 => format!("{},000", 10_f64.powi(decade - 3)),
        _ => format!("{},000,000", 10_f64.powi(decade - 6)),
    }
}

fn line(svg: &mut String, scale: &Scale, series: &Series) {
    let points: Vec<_> = series
        .points
        .iter()
        .map(|&(x, y)| format!("{:.1},{:.1}", scale.x(x), scale.y(y)))
        .collect();
    let dashes = if series.dashes.is_empty() {
        String::new()
    } else {
        format!(r#" stroke-dasharray="{}""#, series.dashes)
    };
    let _ = writeln!(
        svg,
        r#"<polyline points="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linejoin="round" stroke-linecap="round"{dashes}/>"#,
        points.join(" "),
        series.colour,
        series.width
    );
    for (x, y) in &series.points {
        let _ = writeln!(
            svg,
            r##"<circle cx="{:.1}" cy="{:.1}" r="{:.1}" fill="{}" stroke="#ffffff"/>"##,
            scale.x(*x),
            scale.y(*y),
            series.width / 2.0 + 2.0,
            series.colour
        );
    }
}

/// A name beside the end of each line, pushed apart where lines end close together, with a hair line to where it belongs.
fn labels(svg: &mut String, scale: &Scale, series: &[Series]) {
    let mut ends: Vec<_> = series
        .iter()
        .filter_map(|series| series.points.last().map(|&(x, y)| (scale.y(y), scale.x(x), series)))
        .collect();
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    let wanted: Vec<_> = ends.iter().map(|end| end.0).collect();
    for ((end_y, end_x, series), y) in ends.iter().zip(apart(&wanted)) {
        let weight = if series.width > 3.0 { 700 } else { 400 };
        let _ = writeln!(
            svg,
            r#"<path d="M{:.1} {end_y:.1}L{} {y:.1}" stroke="{colour}" stroke-width="0.8" opacity="0.5"/><text x="{}" y="{:.1}" fill="{colour}" font-weight="{weight}">{}</text>"#,
            end_x + 6.0,
            RIGHT + 22.0,
            RIGHT + 26.0,
            y + 4.5,
            series.name,
            colour = series.colour
        );
    }
}

/// Sorted places moved as little as keeps `LABEL_STEP` between them: neighbours that are too close become a block, which
/// stands around the middle of where its members want to be.
fn apart(wanted: &[f64]) -> Vec<f64> {
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for &place in wanted {
        let (mut centre, mut count) = (place, 1);
        while let Some(&(previous, members)) = blocks.last() {
            let reach = (members + count) as f64 / 2.0 * LABEL_STEP;
            if centre - previous >= reach {
                break;
            }
            blocks.pop();
            centre = (previous * members as f64 + centre * count as f64) / (members + count) as f64;
            count += members;
        }
        blocks.push((centre, count));
    }
    blocks
        .iter()
        .flat_map(|&(centre, count)| {
            (0..count).map(move |member| centre + (member as f64 - (count as f64 - 1.0) / 2.0) * LABEL_STEP)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{LABEL_STEP, Series, apart, draw};

    #[test]
    fn names_keep_their_distance_and_their_order() {
        assert_eq!(apart(&[10.0, 100.0]), [10.0, 100.0]);
        let places = apart(&[50.0, 51.0, 52.0, 70.0, 200.0]);
        assert!(
            places.windows(2).all(|pair| pair[1] - pair[0] >= LABEL_STEP - 1e-9),
            "{places:?}"
        );
        assert_eq!(places.last(), Some(&200.0));
    }

    #[test]
    fn the_drawing_has_a_line_and_a_name_for_each_series() {
        let series = |name: &str, points: Vec<(f64, f64)>| Series {
            name: name.into(),
            colour: "#000000",
            dashes: "",
            width: 2.0,
            points,
        };
        let svg = draw(&[
            series("flat", vec![(100.0, 90.0), (1_000_000.0, 110.0)]),
            series("steep", vec![(100.0, 90.0), (1_000_000.0, 2_000_000.0)]),
        ]);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(svg.contains(">flat</text>") && svg.contains(">steep</text>"));
        assert!(svg.contains(">100 µs</text>") && svg.contains(">1 s</text>"));
        assert!(svg.contains(">1,000,000</text>"));
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
