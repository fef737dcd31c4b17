//! A chart as SVG: questions down the left side, what follows a yes to the right of each, from top to bottom.
//! It reads in light and in dark, has a title for those who do not see it, and needs nothing from elsewhere.

use std::fmt::Write as _;

use super::chart::{Band, Chart, Link, Words};
use super::wrap::{wrap, wrap_condition};

/// All in pixels.
const MARGIN: u32 = 24;
const LEFT: u32 = 320;
const GAP: u32 = 96;
const RIGHT: u32 = 360;
const WIDTH: u32 = MARGIN + LEFT + GAP + RIGHT + MARGIN;
const PADDING: u32 = 10;
const LINE: u32 = 18;
const HEAD_SIZE: u32 = 14;
const NOTE_SIZE: u32 = 12;
/// Between two boxes of a chain, with room for a label.
const DOWN: u32 = 38;
/// Between two rows.
const BETWEEN: u32 = 40;
/// Between two bands.
const APART: u32 = 56;

const STYLE: &str = "\
.page{fill:#ffffff}.start{fill:#1f2937}.question{fill:#eff6ff;stroke:#3b82f6}.deed{fill:#f0fdf4;stroke:#22a35a}\
.end{fill:#fff7ed;stroke:#ea8a2b}.head{fill:#111827;font-weight:600}.note{fill:#4b5563}.code{fill:#1e40af}\
.light{fill:#ffffff}.way{stroke:#6b7280;fill:none}.tip{fill:#6b7280}.label{fill:#4b5563}\
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Liberation Sans','DejaVu Sans',sans-serif}\
.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}\
@media (prefers-color-scheme:dark){.page{fill:#0d1117}.start{fill:#e5e7eb}.question{fill:#10213d;stroke:#4f8ff7}\
.deed{fill:#0c2717;stroke:#34b46c}.end{fill:#2c1d0c;stroke:#e39a4a}.head{fill:#f3f4f6}.note{fill:#b6bdc8}\
.code{fill:#9ec5ff}.light{fill:#111827}.way{stroke:#8b949e}.tip{fill:#8b949e}.label{fill:#b6bdc8}}";

/// A line of text in a box.
struct Text {
    class: &'static str,
    size: u32,
    line: String,
}

struct Canvas {
    out: String,
    /// Where the next thing goes, from above.
    y: u32,
}

/// Draws the chart.
pub(super) fn write(chart: &Chart) -> String {
    let mut canvas = Canvas { out: String::new(), y: MARGIN };
    for (index, band) in chart.bands.iter().enumerate() {
        if index > 0 {
            canvas.y += APART;
        }
        canvas.band(band);
    }
    let height = canvas.y + MARGIN;
    let rows: usize = chart.bands.iter().map(|band| band.rows.len()).sum();
    let about = format!("{rows} questions in order, and what follows when each is answered with yes.");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"title about\">\n\
         <title id=\"title\">Where dialogs go by these rules</title>\n<desc id=\"about\">{about}</desc>\n\
         <style>{STYLE}</style>\n<rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\"/>\n{}</svg>\n",
        canvas.out
    )
}

fn texts(words: &Words, room: u32, head: &'static str) -> Vec<Text> {
    let most = |size: u32| (room - 2 * PADDING) * 1_000 / size;
    let lines = |text: &str, class: &'static str, size: u32| {
        let is_code = class == "code";
        let wrapped = if is_code { wrap_condition(text, most(size)) } else { wrap(text, most(size), false) };
        wrapped.into_iter().map(move |line| Text { class, size, line })
    };
    let note = if head == "light" { "light" } else { "note" };
    let mut all: Vec<Text> = lines(&words.head, head, HEAD_SIZE).collect();
    all.extend(words.code.iter().flat_map(|code| lines(code, "code", NOTE_SIZE)));
    all.extend(words.notes.iter().flat_map(|text| lines(text, note, NOTE_SIZE)));
    all
}

fn height(texts: &[Text]) -> u32 {
    u32::try_from(texts.len()).unwrap_or(u32::MAX / LINE) * LINE + 2 * PADDING
}

impl Canvas {
    fn band(&mut self, band: &Band) {
        let spine = MARGIN + LEFT / 2;
        let mut bottom = self.draw(MARGIN, self.y, LEFT, &band.start, "start", "light");
        self.y = bottom;
        // Which answer leads down; nothing when none does.
        let mut answer = Some("");
        for row in &band.rows {
            let top = self.y + if answer == Some("") { BETWEEN - 12 } else { BETWEEN };
            if let Some(answer) = answer {
                self.down(spine, bottom, top, answer);
            }
            bottom = self.draw(MARGIN, top, LEFT, &row.question, "question", "head");
            let label = if band.is_ordered && !row.is_last { "yes" } else { "" };
            let below = self.chain(top, label, &row.chain);
            self.y = bottom.max(below);
            answer = match (band.is_ordered, row.is_last) {
                (true, true) => None,
                (true, false) => Some("no"),
                (false, _) => Some("and"),
            };
        }
        if let Some(words) = &band.end
            && band.is_ordered
            && let Some(answer) = answer
        {
            let top = self.y + BETWEEN;
            self.down(spine, bottom, top, answer);
            self.y = self.draw(MARGIN, top, LEFT, words, "end", "head");
        }
    }

    /// Draws what follows a yes; answers where it ends.
    fn chain(&mut self, top: u32, label: &str, chain: &[Link]) -> u32 {
        let left = MARGIN + LEFT + GAP;
        let mut y = top;
        for (index, link) in chain.iter().enumerate() {
            if index == 0 {
                let label = if link.after.is_empty() { label } else { &link.after };
                self.across(top + PADDING + LINE / 2, label);
            } else {
                self.down(left + RIGHT / 2, y, y + DOWN, &link.after);
                y += DOWN;
            }
            y = self.draw(left, y, RIGHT, &link.words, if link.is_end { "end" } else { "deed" }, "head");
        }
        y
    }

    /// Draws a box; answers where it ends.
    fn draw(&mut self, x: u32, y: u32, width: u32, words: &Words, class: &str, head: &'static str) -> u32 {
        let texts = texts(words, width, head);
        let height = height(&texts);
        let round = if class == "start" { 18 } else { 8 };
        self.push(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\"/>"
        ));
        let mut base = y + PADDING + 13;
        for Text { class, size, line } in texts {
            let x = x + PADDING + 2;
            let text = escaped(&line);
            self.push(&format!(
                "<text class=\"{class}\" x=\"{x}\" y=\"{base}\" font-size=\"{size}\">{text}</text>"
            ));
            base += LINE;
        }
        y + height
    }

    fn down(&mut self, x: u32, from: u32, to: u32, label: &str) {
        let stop = to - 6;
        self.push(&format!("<path class=\"way\" d=\"M{x} {from}V{stop}\"/>"));
        self.push(&format!("<path class=\"tip\" d=\"M{} {stop}h10l-5 6z\"/>", x - 5));
        self.label(x + 10, to - 16, "start", label);
    }

    fn across(&mut self, y: u32, label: &str) {
        let (from, to) = (MARGIN + LEFT, MARGIN + LEFT + GAP);
        let stop = to - 6;
        self.push(&format!("<path class=\"way\" d=\"M{from} {y}H{stop}\"/>"));
        self.push(&format!("<path class=\"tip\" d=\"M{stop} {}v10l6-5z\"/>", y - 5));
        let room = (GAP - 16) * 1_000 / NOTE_SIZE;
        for (index, line) in (0..).zip(if label.is_empty() { Vec::new() } else { wrap(label, room, false) }) {
            // The first line above the arrow, the others below.
            let y = if index == 0 { y - 6 } else { y + index * 15 };
            self.label(from + GAP / 2 - 3, y, "middle", &line);
        }
    }

    fn label(&mut self, x: u32, y: u32, anchor: &str, text: &str) {
        if !text.is_empty() {
            let text = escaped(text);
            self.push(&format!(
                "<text class=\"label\" x=\"{x}\" y=\"{y}\" font-size=\"{NOTE_SIZE}\" text-anchor=\"{anchor}\">{text}</text>"
            ));
        }
    }

    fn push(&mut self, element: &str) {
        let _ = writeln!(self.out, "{element}");
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no way to write them.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
