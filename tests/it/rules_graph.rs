//! Pictures of rule sets: everything is on them, nothing leaves its box, and hostile texts stay texts.

use std::fs;
use std::path::Path;

use reparto::rules::effective::{Effective, effective};
use reparto::rules::{Source, compile, graph, load};

fn of(text: &str) -> Effective {
    effective(&[Source::new("a.toml", text)]).expect("TOML")
}

/// Every file that has a rule set.
fn good_files() -> Vec<(String, Effective)> {
    let folders = ["rules", "tests/fixtures/rules/bad"].map(Path::new);
    let paths = folders.into_iter().flat_map(|folder| fs::read_dir(folder).expect("a folder of rule files"));
    let sources = paths.map(|entry| load(&entry.expect("a readable entry").path()).expect("a readable file"));
    let good = sources.filter(|sources| compile(sources).rules.is_some());
    good.map(|sources| (sources[0].name.clone(), effective(&sources).expect("TOML"))).collect()
}

/// The value of an attribute.
fn attribute(element: &str, name: &str) -> i64 {
    let marker = format!(" {name}=\"");
    let rest = element.split(&marker).nth(1).unwrap_or_else(|| panic!("no {name} in {element}"));
    rest.split('"').next().and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{element}"))
}

#[test]
fn boxes_stay_apart_and_on_the_page() {
    let files = good_files();
    assert!(files.len() >= 20, "only {} files", files.len());
    for (name, rules) in files {
        let svg = graph::svg(&rules);
        let (width, height) = (attribute(&svg, "width"), attribute(&svg, "height"));
        let boxes: Vec<[i64; 4]> = svg
            .lines()
            .filter(|line| line.starts_with("<rect") && line.contains(" x="))
            .map(|line| ["x", "y", "width", "height"].map(|name| attribute(line, name)))
            .collect();
        assert!(boxes.len() >= 2, "{name}");
        for (index, [x, y, w, h]) in boxes.iter().enumerate() {
            assert!(*x >= 0 && *y >= 0 && x + w <= width && y + h <= height, "{name}: {x} {y} {w} {h}");
            for [other_x, other_y, other_w, other_h] in &boxes[..index] {
                let apart = x + w <= *other_x
                    || other_x + other_w <= *x
                    || y + h <= *other_y
                    || other_y + other_h <= *y;
                assert!(apart, "{name}: two boxes at {x} {y}");
            }
        }
        assert_eq!(svg, graph::svg(&rules), "{name}: the same every time");
    }
}

#[test]
fn all_that_matters_is_in_every_picture() {
    let rules = effective(&load(Path::new("rules/retail.toml")).unwrap()).expect("TOML");
    for (picture, name) in
        [(graph::svg(&rules), "svg"), (graph::dot(&rules), "dot"), (graph::mermaid(&rules), "mermaid")]
    {
        for words in [
            "difficult",
            "wholesale",
            "standard",
            "after 2m, also",
            "within 72h",
            "in turn",
            "up to 1 over the budget",
            "after 8m",
            "Moved 3 times already",
            "close_soon",
            "after 22h of silence",
            "Stays open",
            "600 points at once",
        ] {
            let is_there = picture.contains(words);
            // The last close rule takes every dialog.
            assert_eq!(is_there, words != "Stays open", "{words} in {name}:\n{picture}");
        }
    }
}

#[test]
fn replies_releases_and_promises_are_told_too() {
    let rules = of("[release]\nrate = '10/min'\n[texts]\nsorry = { en = 'Sorry' }\n\
        [schedules.shop]\nopen = { mon-fri = ['09:00-18:00'] }\n\
        [[auto_reply]]\nid = 'busy'\non = 'waiting'\nafter = '3m'\ntext = 'sorry'\n\
        [[objective]]\nid = 'chat'\nfirst_reply = { within = '20s', ratio = 0.8 }\n\
        [[rule]]\nid = 'night'\ntags = ['late', 'vip']\nstep = [{ hold = 'until_open:shop' }, { to = 'everyone' }]\n");
    for (picture, name) in
        [(graph::svg(&rules), "svg"), (graph::dot(&rules), "dot"), (graph::mermaid(&rules), "mermaid")]
    {
        for words in [
            "busy",
            "after 3m",
            "sorry",
            "10",
            "chat",
            "First reply within 20s",
            "in 80 of 100",
            "tagged late, vip",
        ] {
            assert!(picture.contains(words), "{words} in {name}:\n{picture}");
        }
    }
    assert!(graph::dot(&rules).contains("held ones go on at 10/min, the most urgent first"));
}

#[test]
fn who_is_asked_is_told_by_arrows() {
    let text = "[bot.fallback]\nassign = 'group:duty'\n[[rule]]\nid = 'a'\nwhen = 'customer.vip'\n\
        step = [{ to = 'owner', wait = '2m' }, { to = 'everyone', only = true, wait = '5m' }]\n";
    let dot = graph::dot(&of(text));
    let edges: Vec<&str> = dot.lines().map(str::trim).filter(|line| line.contains("->")).collect();
    let expected = [
        "b0start -> b0r0 [label=\"\"];",
        "b0r0 -> b0r0s0 [label=\"yes\"];",
        "b0r0s0 -> b0r0s1 [label=\"after 2m, instead\"];",
        "b0r0s1 -> b0end [label=\"after 5m\"];",
        "b0r0 -> b0end [label=\"no\"];",
    ];
    assert_eq!(edges, expected);
    assert!(dot.contains("b0end [label=\"Default assignment\\ngroup duty\""), "{dot}");
}

#[test]
fn hostile_texts_stay_texts() {
    let text = "[[rule]]\nid = 'a<b>&]]--%%{{'\nwhen = 'dialog.text == \"</text><script>alert(1)</script>\\\\\"'\nto = 'owner'\n\
        [[rule]]\nto = 'everyone'\n";
    let rules = of(text);
    let svg = graph::svg(&rules);
    assert!(!svg.contains("<script") && svg.contains("&lt;/text&gt;"), "{svg}");
    assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    let dot = graph::dot(&rules);
    // Quotes that are not escaped come in pairs.
    let quotes = dot.replace("\\\\", "").replace("\\\"", "").matches('"').count();
    assert_eq!(quotes % 2, 0, "{dot}");
    let mermaid = graph::mermaid(&rules);
    assert!(!mermaid.contains("script>") && !mermaid.contains("%%"), "{mermaid}");
    assert!(mermaid.lines().all(|line| line.matches('"').count() % 2 == 0), "{mermaid}");
}

#[test]
fn a_picture_reads_in_light_and_dark_and_has_a_title() {
    let svg = graph::svg(&of("[[rule]]\nto = 'everyone'\n"));
    for part in ["role=\"img\"", "<title id=\"title\">", "prefers-color-scheme:dark", "Everyone"] {
        assert!(svg.contains(part), "{part} is missing in\n{svg}");
    }
    // Nothing is fetched and nothing runs.
    let own = svg.replace("http://www.w3.org/2000/svg", "");
    assert!(!own.contains("http") && !own.contains("url(") && !own.contains("@import"), "{own}");
}
