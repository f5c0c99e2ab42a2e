//! The table as a table, and an examination by whoever runs the tests.

use std::collections::HashSet;

use super::table::TABLE;
use super::{Outcome, examine, rights};

#[test]
fn no_two_checks_have_one_name() {
    let names: HashSet<&str> = TABLE.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), TABLE.len());
}

#[test]
fn every_remedy_is_a_sentence() {
    for remedy in TABLE.iter().map(|row| row.remedy).chain([rights::REMEDY]) {
        assert!(remedy.split(' ').count() >= 4, "{remedy}");
        assert!(!remedy.ends_with('.') && !remedy.contains(['\n', '\t']), "{remedy}");
        assert!(!remedy.contains("  ") && remedy.trim() == remedy, "{remedy}");
    }
}

#[test]
fn names_and_purposes_are_words() {
    for row in TABLE {
        for word in [row.name, row.purpose] {
            assert!(
                !word.is_empty() && word.trim() == word && !word.contains("  "),
                "{row:?}"
            );
        }
    }
}

#[test]
fn what_every_container_needs_comes_first() {
    assert!(TABLE.is_sorted_by_key(|row| !row.is_required));
    assert!(
        TABLE
            .iter()
            .all(|row| row.is_required == (row.purpose == "every container"))
    );
}

#[test]
fn a_report_tells_of_every_row_and_how() {
    let report = examine();
    let names: Vec<&str> = report.iter().map(|check| check.name).collect();
    assert_eq!(names, TABLE.iter().map(|row| row.name).collect::<Vec<_>>());
    for check in &report {
        assert!(
            !check.how.is_empty() && !check.how.contains(char::is_control),
            "{check:?}"
        );
        assert_eq!(check.remedy.is_none(), check.outcome == Outcome::Yes, "{check:?}");
    }
}

#[test]
fn examinations_at_once_agree() {
    let all = std::thread::scope(|scope| {
        let examiners = [(); 4].map(|()| scope.spawn(examine));
        examiners.map(|examiner| examiner.join().expect("it does not panic"))
    });
    let [first, others @ ..] = &all;
    assert!(others.iter().all(|report| report == first), "{all:?}");
}

#[test]
fn one_word_for_each_outcome() {
    let words = [Outcome::Yes, Outcome::Privileged, Outcome::No].map(|outcome| format!("{outcome:<5}|"));
    assert_eq!(words, ["yes  |", "root |", "no   |"]);
}
