//! Where an element is, in words that every implementation understands.

use std::fmt::Write as _;

use sso_core::xml::Element;

/// The way from the root element down: at each step, how many elements stand before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(Vec<usize>);

impl Path {
    /// Where `element` is in its document.
    #[must_use]
    pub fn of(element: Element<'_>) -> Self {
        let outwards = std::iter::successors(Some(element), Element::parent);
        let mut steps: Vec<_> = outwards.filter_map(position).collect();
        steps.reverse();
        Self(steps)
    }

    /// The steps from the root element, which itself has none.
    #[must_use]
    pub fn steps(&self) -> &[usize] {
        &self.0
    }

    /// The same as an expression of XPath 1.0.
    #[must_use]
    pub fn to_xpath(&self) -> String {
        let mut xpath = "/*".to_owned();
        for step in &self.0 {
            let _ = write!(xpath, "/*[{}]", step + 1);
        }
        xpath
    }
}

fn position(element: Element<'_>) -> Option<usize> {
    element.parent()?.children().position(|it| it == element)
}
