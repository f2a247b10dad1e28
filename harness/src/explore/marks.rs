//! Which marks and goals the questions ask for, and where each mark was first set.

use super::verdict::Question;
use super::way_back::Step;

/// For each mark asked for, the first step that set it.
pub(crate) struct FirstMarks {
    unseen: u64,
    firsts: [Option<Step>; 64],
}

impl FirstMarks {
    pub(crate) fn watching(marks: u64) -> Self {
        Self { unseen: marks, firsts: [None; 64] }
    }

    pub(crate) fn note(&mut self, marks: u64, step: Step) {
        let mut news = marks & self.unseen;
        self.unseen &= !news;
        while news != 0 {
            self.firsts[news.trailing_zeros() as usize] = Some(step);
            news &= news - 1;
        }
    }

    pub(crate) fn first(&self, mark: u8) -> Option<Step> {
        self.firsts[usize::from(mark)]
    }
}

pub(crate) fn asked_marks(questions: &[Question]) -> u64 {
    questions.iter().fold(0, |marks, question| match *question {
        Question::Never { mark } | Question::Reachable { mark } => marks | 1 << mark,
        Question::Recoverable { .. } => marks,
    })
}

pub(crate) fn asked_goals(questions: &[Question]) -> u64 {
    questions.iter().fold(0, |marks, question| match *question {
        Question::Never { .. } | Question::Reachable { .. } => marks,
        Question::Recoverable { goal } => marks | 1 << goal,
    })
}
