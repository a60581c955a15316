// libedit (BSD licence): line editing for the shell.
//
// Its setters are variadic, which Swift cannot call, and its prompt and key bindings are C functions: what the shell
// needs of it is one object here.
#pragma once
#include <histedit.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    EditLine *line;
    History *history;
    HistEvent event;
    char prompt[256];
    int interrupted;
} dosql_editor;

static inline char *dosql_editor_prompt(EditLine *line) {
    dosql_editor *editor = NULL;
    el_get(line, EL_CLIENTDATA, &editor);
    return editor->prompt;
}

// Ctrl-C is a key like others while a line is edited: it ends the line, and the reader is told why.
static inline unsigned char dosql_editor_interrupt(EditLine *line, int key) {
    (void)key;
    dosql_editor *editor = NULL;
    el_get(line, EL_CLIENTDATA, &editor);
    editor->interrupted = 1;
    fputs("^C\n", stdout);
    fflush(stdout);
    return CC_NEWLINE;
}

static inline dosql_editor *dosql_editor_open(const char *name) {
    // Without a locale that knows UTF-8 libedit would show bytes.
    setlocale(LC_CTYPE, "");
    if (MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8");
    dosql_editor *editor = calloc(1, sizeof *editor);
    if (!editor) return NULL;
    editor->line = el_init(name, stdin, stdout, stderr);
    editor->history = history_init();
    if (!editor->line || !editor->history) return NULL;
    history(editor->history, &editor->event, H_SETSIZE, 1000);
    history(editor->history, &editor->event, H_SETUNIQUE, 1);
    el_set(editor->line, EL_CLIENTDATA, editor);
    el_set(editor->line, EL_PROMPT, dosql_editor_prompt);
    el_set(editor->line, EL_EDITOR, "emacs");
    el_set(editor->line, EL_HIST, history, editor->history);
    el_set(editor->line, EL_ADDFN, "dosql-interrupt", "Give the line up", dosql_editor_interrupt);
    el_set(editor->line, EL_BIND, "^C", "dosql-interrupt", NULL);
    el_set(editor->line, EL_BIND, "^R", "em-inc-search-prev", NULL);
    // While a line is edited the terminal makes no signals of keys.
    el_set(editor->line, EL_SETTY, "-d", "-isig", NULL);
    return editor;
}

// The line with its newline, or NULL at the end of input; `interrupted` says that Ctrl-C ended it.
static inline const char *dosql_editor_read(dosql_editor *editor, const char *prompt, int *count, int *interrupted) {
    snprintf(editor->prompt, sizeof editor->prompt, "%s", prompt);
    editor->interrupted = 0;
    *count = 0;
    const char *line = el_gets(editor->line, count);
    *interrupted = editor->interrupted;
    return line;
}

static inline void dosql_editor_remember(dosql_editor *editor, const char *line) {
    history(editor->history, &editor->event, H_ENTER, line);
}

static inline void dosql_editor_load(dosql_editor *editor, const char *path) {
    history(editor->history, &editor->event, H_LOAD, path);
}

// What was typed is nobody else's business.
static inline void dosql_editor_save(dosql_editor *editor, const char *path) {
    mode_t mask = umask(077);
    history(editor->history, &editor->event, H_SAVE, path);
    chmod(path, 0600);
    umask(mask);
}

static inline void dosql_editor_close(dosql_editor *editor) {
    history_end(editor->history);
    el_end(editor->line);
    free(editor);
}
