//! For code scanning: one SARIF 2.1.0 log.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::codes::Code;
use super::super::diagnostic::{Diagnostic, Label, Severity, Span};
use super::super::source::Source;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The findings of several rule sets as one run of one log. Columns count characters.
///
/// # Panics
/// Never: texts and numbers are always JSON.
pub fn sarif(sets: &[(&[Diagnostic], &[Source])]) -> String {
    let used: BTreeSet<Code> = sets.iter().flat_map(|(found, _)| *found).map(|one| one.code).collect();
    let used: Vec<Code> = used.into_iter().collect();
    let rules: Vec<_> = used.iter().map(|code| rule(*code)).collect();
    let results = sets.iter().flat_map(|(found, sources)| {
        let used = &used;
        found.iter().map(move |finding| result(finding, sources, used))
    });
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "reparto",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    serde_json::to_string_pretty(&log).expect("texts and numbers are always JSON")
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.title() },
        "fullDescription": { "text": code.explanation() },
        "help": { "text": code.explanation() },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn result(finding: &Diagnostic, sources: &[Source], used: &[Code]) -> Value {
    let mut message = finding.message.clone();
    if let Some(help) = &finding.help {
        message += "\n";
        message += help;
    }
    let (own, others): (Vec<&Label>, Vec<&Label>) = finding.labels.iter().partition(|label| label.primary);
    let places = |labels: &[&Label]| -> Vec<Value> {
        let places = labels.iter().enumerate().filter_map(|(index, label)| {
            let mut place = json!({ "physicalLocation": physical(label.span, sources)? });
            if !label.message.is_empty() {
                place["message"] = json!({ "text": label.message });
            }
            if !label.primary {
                place["id"] = json!(index);
            }
            Some(place)
        });
        places.collect()
    };
    let mut result = json!({
        "ruleId": finding.code.as_str(),
        "ruleIndex": used.binary_search(&finding.code).unwrap_or_default(),
        "level": level(finding.severity),
        "message": { "text": message },
        "locations": places(&own),
    });
    let related = places(&others);
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    if let Some(fix) = &finding.fix
        && let Some(place) = physical(fix.span, sources)
    {
        result["fixes"] = json!([{
            "description": { "text": fix.message },
            "artifactChanges": [{
                "artifactLocation": place["artifactLocation"],
                "replacements": [{
                    "deletedRegion": place["region"],
                    "insertedContent": { "text": fix.replacement },
                }],
            }],
        }]);
    }
    result
}

fn physical(span: Span, sources: &[Source]) -> Option<Value> {
    let source = sources.get(span.file)?;
    let (line, column) = source.position(span.start);
    let (end_line, end_column) = source.position(span.end);
    Some(json!({
        "artifactLocation": { "uri": uri(&source.name) },
        "region": {
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
            "byteOffset": span.start,
            "byteLength": span.end - span.start,
        },
    }))
}

/// A path as a URI reference.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            b'\\' => uri.push('/'),
            other => {
                let _ = write!(uri, "%{other:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::compile;

    fn log(text: &str) -> Value {
        let sources = [Source::new("my rules/ñ.toml", text)];
        let compiled = compile(&sources);
        serde_json::from_str(&sarif(&[(&compiled.diagnostics, &sources)])).expect("JSON")
    }

    /// What the schema of SARIF 2.1.0 demands of the parts that we use.
    #[track_caller]
    fn is_valid(log: &Value) {
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"].as_array().expect("runs")[0];
        assert!(run["tool"]["driver"]["name"].is_string());
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        for rule in rules {
            assert!(rule["shortDescription"]["text"].is_string() && rule["help"]["text"].is_string());
            assert!(
                ["error", "warning", "note", "none"]
                    .contains(&rule["defaultConfiguration"]["level"].as_str().expect("a level"))
            );
        }
        let region = |place: &Value| {
            let number = |key: &str| place["region"][key].as_u64().expect("a number");
            assert!(number("startLine") >= 1 && number("startColumn") >= 1 && number("endColumn") >= 1);
            assert!((number("startLine"), number("startColumn")) <= (number("endLine"), number("endColumn")));
            assert_eq!(place["artifactLocation"]["uri"], "my%20rules/%C3%B1.toml");
        };
        for result in run["results"].as_array().expect("results") {
            let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(!result["message"]["text"].as_str().expect("a text").is_empty());
            let locations = result["locations"].as_array().expect("locations");
            assert_eq!(locations.len(), 1);
            region(&locations[0]["physicalLocation"]);
            for related in result["relatedLocations"].as_array().into_iter().flatten() {
                assert!(related["id"].is_u64() && related["message"]["text"].is_string());
                region(&related["physicalLocation"]);
            }
            for fix in result["fixes"].as_array().into_iter().flatten() {
                let change = &fix["artifactChanges"][0];
                assert!(change["artifactLocation"]["uri"].is_string());
                let replacement = &change["replacements"][0];
                assert!(replacement["deletedRegion"]["startLine"].is_u64());
                assert!(replacement["insertedContent"]["text"].is_string());
            }
        }
    }

    #[test]
    fn a_log_has_the_form_of_the_standard() {
        let log = log(
            "[[rule]]\nto = \"everyone\"\n[[rule]]\nwhen = 'customer.language == \"ñ\" and true'\nto = \"ownr\"\n",
        );
        is_valid(&log);
        let results = log["runs"][0]["results"].as_array().expect("results");
        let ids: Vec<_> = results.iter().map(|result| result["ruleId"].as_str().unwrap_or("")).collect();
        assert_eq!(ids, ["R307", "R205"]);
        assert_eq!(results[0]["locations"][0]["physicalLocation"]["region"]["startColumn"], 34);
        assert_eq!(
            results[0]["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"],
            "&&"
        );
    }

    #[test]
    fn places_that_help_are_related_locations() {
        let log = log("[[rule]]\nto = \"everyone\"\n[[rule]]\nwhen = 'customer.vip'\nto = \"owner\"\n");
        is_valid(&log);
        let result = &log["runs"][0]["results"][0];
        assert_eq!(result["ruleId"], "R204");
        assert_eq!(result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], 1);
    }

    #[test]
    fn nothing_found_is_a_log_without_results() {
        let log = log("[[rule]]\nto = \"everyone\"\n");
        is_valid(&log);
        assert_eq!(log["runs"][0]["results"], json!([]));
    }
}
