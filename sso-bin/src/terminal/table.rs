//! Tables for people, within 80 columns.

use std::fmt;

/// Rows under a head, each column as wide as what is in it.
///
/// If that is more than 80 columns, every row becomes a block of lines instead, one for each
/// column, so that nothing is cut off and nothing wraps.
#[derive(Clone, Debug)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(head: &[&str]) -> Self {
        Self {
            head: head.iter().map(|it| (*it).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row, with a cell for each column.
    #[must_use]
    pub fn row(mut self, cells: impl IntoIterator<Item = String>) -> Self {
        self.rows.push(cells.into_iter().collect());
        self
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.head.iter().map(|cell| columns(cell)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(columns(cell));
            }
        }
        widths
    }

    fn write_line(f: &mut fmt::Formatter<'_>, cells: &[String], widths: &[usize]) -> fmt::Result {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let padding = width.saturating_sub(columns(cell)) + GAP;
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', padding));
        }
        writeln!(f, "{}", line.trim_end())
    }

    fn write_block(&self, f: &mut fmt::Formatter<'_>, row: &[String]) -> fmt::Result {
        let width = self
            .head
            .iter()
            .map(|cell| columns(cell))
            .max()
            .unwrap_or(0);
        for (name, cell) in self
            .head
            .iter()
            .zip(row)
            .filter(|(_, cell)| !cell.is_empty())
        {
            let padding = " ".repeat(width - columns(name) + GAP);
            writeln!(f, "{name}{padding}{cell}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let gaps = GAP * widths.len().saturating_sub(1);
        if widths.iter().sum::<usize>() + gaps <= MAX_COLUMNS {
            Self::write_line(f, &self.head, &widths)?;
            return self
                .rows
                .iter()
                .try_for_each(|row| Self::write_line(f, row, &widths));
        }
        for (number, row) in self.rows.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            self.write_block(f, row)?;
        }
        Ok(())
    }
}

/// Columns that a text takes; letters that are two columns wide count as two.
fn columns(text: &str) -> usize {
    dialoguer::console::measure_text_width(text)
}

const GAP: usize = 2;
const MAX_COLUMNS: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let table = Table::new(&["NAME", "STATE"])
            .row(["sso1".into(), "level".into()])
            .row(["東京".into(), "away for 3 h".into()]);
        insta::assert_snapshot!(table, @r"
        NAME  STATE
        sso1  level
        東京  away for 3 h
        ");
    }

    #[test]
    fn what_fits_80_columns_is_a_table_and_what_does_not_is_a_list() {
        let table = |width: usize| Table::new(&["A", "B"]).row(["x".repeat(width), "y".into()]);
        assert_eq!(table(77).to_string().lines().count(), 2);
        assert!(table(77).to_string().lines().all(|line| line.len() <= 80));
        let long = table(78).row(["x".into(), String::new()]).to_string();
        assert_eq!(long.lines().count(), 4, "{long}");
        assert!(long.ends_with("\n\nA  x\n"), "{long}");
    }
}
