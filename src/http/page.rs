//! Pages of lists that are read whole: limits and opaque cursors.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::Problem;
use super::problem_codes as codes;

/// Rows of a page when nothing is said.
pub const USUAL_LIMIT: u32 = 100;
/// Most rows of a page.
pub const LARGEST_LIMIT: u32 = 1_000;

/// Which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// At most this many rows; 100 when missing.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// Go on where an earlier page ended.
    pub cursor: Option<String>,
}

/// The limit to use.
///
/// # Errors
/// [`codes::BAD_VALUE`].
pub fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    let limit = asked.unwrap_or(USUAL_LIMIT);
    if (1..=LARGEST_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    let detail = format!("`limit` must be from 1 to {LARGEST_LIMIT}");
    Err(Problem::new(&codes::BAD_VALUE, detail))
}

fn open(cursor: &str) -> Result<String, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(bad_cursor)
}

fn bad_cursor() -> Problem {
    let detail = "`cursor` is none that an earlier page gave; leave it out to begin anew";
    Problem::new(&codes::BAD_VALUE, detail)
}

/// A page of rows that are ordered by a text of their own, and the cursor of the next.
///
/// # Errors
/// [`codes::BAD_VALUE`].
pub fn by_id<T>(
    rows: Vec<T>,
    id: impl Fn(&T) -> &str,
    query: &PageQuery,
) -> Result<(Vec<T>, Option<String>), Problem> {
    let after = query.cursor.as_deref().map(open).transpose()?;
    let is_later = |row: &T| after.as_deref().is_none_or(|after| id(row) > after);
    let rest: Vec<T> = rows.into_iter().filter(is_later).collect();
    let limit = limit(query.limit)? as usize;
    let more = rest.len() > limit;
    let page: Vec<T> = rest.into_iter().take(limit).collect();
    let next = page.last().filter(|_| more).map(|row| URL_SAFE_NO_PAD.encode(id(row)));
    Ok((page, next))
}

/// A page of rows that only ever grow at their end, and the cursor of the next.
///
/// # Errors
/// [`codes::BAD_VALUE`].
pub fn by_place<T>(rows: Vec<T>, query: &PageQuery) -> Result<(Vec<T>, Option<String>), Problem> {
    let start = match query.cursor.as_deref() {
        None => 0,
        Some(cursor) => open(cursor)?.parse::<usize>().map_err(|_| bad_cursor())?,
    };
    let (limit, total) = (limit(query.limit)? as usize, rows.len());
    let end = start.saturating_add(limit);
    let page = rows.into_iter().skip(start).take(limit).collect();
    let next = (end < total).then(|| URL_SAFE_NO_PAD.encode(end.to_string()));
    Ok((page, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(limit: u32, cursor: Option<String>) -> PageQuery {
        PageQuery { limit: Some(limit), cursor }
    }

    #[test]
    fn pages_by_id_hold_every_row_once() {
        let rows = ["a", "b", "c", "d", "e"];
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let (page, next) = by_id(rows.to_vec(), |id| id, &query(2, cursor)).unwrap();
            seen.extend(page);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, rows);
    }

    #[test]
    fn pages_by_place_go_on_after_growth() {
        let (page, next) = by_place(vec![1, 2, 3], &query(2, None)).unwrap();
        assert_eq!(page, [1, 2]);
        let (page, next) = by_place(vec![1, 2, 3, 4], &query(2, next)).unwrap();
        assert_eq!((page, next), (vec![3, 4], None));
    }

    #[test]
    fn bad_limits_and_cursors_are_refused() {
        assert!(limit(Some(0)).is_err());
        assert!(limit(Some(1_001)).is_err());
        assert_eq!(limit(None), Ok(USUAL_LIMIT));
        for cursor in ["!", "YQ"] {
            let refused = by_place(vec![1], &query(1, Some(cursor.to_owned())));
            assert_eq!(refused.unwrap_err().kind.code, "bad_value", "{cursor}");
        }
    }
}
