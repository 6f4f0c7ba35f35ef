//! Tables for people, JSON for programs.

use serde::Serialize;
use sso_core::UnixTime;

use crate::args::Output;
use crate::failure::Failure;

/// The rows of a list, as somebody wants to read them.
pub(super) fn show<T: Serialize>(
    rows: &[T],
    output: Output,
    headings: &[&str],
    cells: impl Fn(&T) -> Vec<String>,
) -> Result<String, Failure> {
    match output {
        Output::Json => serde_json::to_string_pretty(rows)
            .map(|text| format!("{text}\n"))
            .map_err(|error| Failure::because(error.to_string())),
        Output::Text => {
            let headings = headings.iter().map(ToString::to_string).collect();
            let rows = std::iter::once(headings).chain(rows.iter().map(cells));
            Ok(table(&rows.collect::<Vec<_>>()))
        }
    }
}

/// Columns as wide as their widest cell.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// A moment, as lists show it.
pub(super) fn moment(seconds: u64) -> String {
    UnixTime::from_secs(seconds).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let text = show(&["a", "longer"], Output::Text, &["NAME", "LENGTH"], |row| {
            vec![row.to_string(), row.len().to_string()]
        });
        assert_eq!(text.unwrap(), "NAME    LENGTH\na       1\nlonger  6\n");
    }

    #[test]
    fn programs_read_json() {
        let text = show(&["a"], Output::Json, &[], |_| Vec::new());
        assert_eq!(text.unwrap(), "[\n  \"a\"\n]\n");
    }
}
