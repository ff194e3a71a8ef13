/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the console promises beside its pictures: bytes, time, hostile text. */
#include "config.h"

#include "tests/tui/console.h"

#include <glib/gstdio.h>

#include "core/layout.h"
#include "tests/fake/hv-fake.h"
#include "tests/util/suite.h"
#include "tui/app.h"
#include "tui/screens.h"
#include "tui/setting.h"
#include "tui/term.h"

#define KEY_BYTES 350
#define DETAIL_KEY_BYTES 1000 /* with eight lines of another qube */
/* Less than a reading waits for an answer: who takes longer has waited. The
 * times that are promised are measured by the benchmark. */
#define PROMPT_US (5 * G_USEC_PER_SEC)
#define QUIET_TRIES 20

static char *store_of(int qubes, const char *name)
{
    return console_store("AppVM", name, qubes, "");
}

/* --- time --- */

START_TEST(first_frame_while_the_hypervisor_hangs)
{
    g_autofree char *xml = store_of(200, "qube-");
    struct console *console = console_new("xterm-256color", 24, 80);
    char *root = root_make(xml);
    gint64 began;

    fake_reset();
    fake_script("hang=all");
    began = g_get_monotonic_time();
    console_run(console, root);
    ck_assert_int_lt(g_get_monotonic_time() - began, PROMPT_US);
    console_wait(console, " ? red qube-1 ");
    ck_assert(!console->ended);
    fake_script("hang=");
    console_free(console);
}
END_TEST

static void answered(struct console *console, const char *key, const char *text)
{
    gint64 began = g_get_monotonic_time();

    app_key(console->app, key_parse(key));
    console_wait(console, text);
    ck_assert_int_lt(g_get_monotonic_time() - began, PROMPT_US);
}

START_TEST(keys_are_answered_while_calls_hang)
{
    struct console *console;

    fake_reset();
    console = console_new("xterm-256color", 24, 80);
    fake_script("hang=all");
    console_run(console, root_make("qubes.xml"));
    answered(console, "F1", "Help: qubes list");
    answered(console, "Esc", "sort: state");
    answered(console, ">", "sort: name");
    answered(console, "/", "/");
    answered(console, "w", "filter: w");
    answered(console, "Esc", "13 qubes");
    answered(console, "v", "[Volumes]");
    answered(console, "q", "13 qubes");
    fake_script("hang=");
    console_free(console);
}
END_TEST

/* --- bytes --- */

START_TEST(cursor_key_is_cheap)
{
    g_autofree char *xml = store_of(200, "qube-");
    struct console *console = console_with(xml);

    console_wait(console, "0%] 8 cpu");
    console_settle(console);
    for (int i = 0; i < 10; i++) {
        console_settle(console);
        g_string_truncate(console->bytes, 0);
        console_keys(console, "j");
        console_settle(console);
        ck_assert_int_gt((int)console->bytes->len, 0);
        ck_assert_int_le((int)console->bytes->len, KEY_BYTES);
    }
    console_free(console);
}
END_TEST

/* FALSE if the picture changed meanwhile: there is a clock in it, and figures of
 * the disk that other tests write to. */
static gboolean stayed_quiet(struct console *console)
{
    struct event event = {.type = EVENT_STATS};
    g_autofree char *before = NULL, *after = NULL;

    console_settle(console);
    before = console_text(console);
    g_string_truncate(console->bytes, 0);
    for (int i = 0; i < 5; i++) {
        events_emit(engine_model(console->engine)->events, &event);
        app_dirty(console->app);
        console_settle(console);
    }
    after = console_text(console);
    if (strcmp(before, after) != 0)
        return FALSE;
    ck_assert_int_eq((int)console->bytes->len, 0);
    return TRUE;
}

/* The details below the list change with the selection. */
START_TEST(cursor_key_is_cheap_with_details)
{
    struct console *console = console_new("xterm-256color", 40, 120);

    fake_reset();
    console_run(console, root_make("qubes.xml"));
    console_wait(console, "running");
    for (int i = 0; i < 10; i++) {
        console_settle(console);
        g_string_truncate(console->bytes, 0);
        console_keys(console, "j");
        ck_assert_int_le((int)console->bytes->len, DETAIL_KEY_BYTES);
    }
    console_free(console);
}
END_TEST

START_TEST(nothing_is_written_when_nothing_changes)
{
    struct console *console = console_with("qubes.xml");
    int tries = 0;

    console_wait(console, "0%] 8 cpu");
    while (!stayed_quiet(console))
        ck_assert_int_lt(++tries, QUIET_TRIES);
    console_free(console);
}
END_TEST

/* --- hostile text --- */

static const char *const hostile[] = {
    "\033]0;owned\007", "\033[2J\033[1;1H", "\302\233[31m", "\302\220q\302\234",
    "\u202eevil\u202c", "\u2066x\u2069", "a\u200bb\ufeff", "\377\376\200",
    "\r\n\t\b\016\017", "\033c", "\u0301\u0301\u0301", "\U0001F600 wide 日本",
};

/* As text of the model, not of the file: XML could not even carry most of it. */
static void poison(struct model *model, const char *text)
{
    for (guint i = 1; i < model->qubes->len; i++) {
        struct qube *qube = model->qubes->pdata[i];

        g_hash_table_remove(model->by_name, qube->name);
        g_free(qube->name);
        qube->name = g_strdup_printf("%s%u", text, i);
        g_hash_table_insert(model->by_name, qube->name, qube);
        qube->class_name = g_intern_string(text);
        for (guint k = 0; k < qube->props->len; k++) {
            struct prop_value *value =
                &g_array_index(qube->props, struct prop_value, k);

            g_free(value->text);
            value->text = g_strdup(text);
        }
        qube_find(qube, SEVERITY_WARN, text, "%s", text);
    }
    for (guint i = 0; i < model->pools->len; i++) {
        struct pool_entry *pool = model->pools->pdata[i];

        g_free(pool->name);
        pool->name = g_strdup(text);
    }
}

static void all_over(struct console *console, const char *text)
{
    struct model *model = engine_model(console->engine);

    poison(model, text);
    model_note(model, NULL, TRUE, "%s", text);
    app_note(console->app, TRUE, "%s", text);
    console_keys(console, "8 G Enter Esc 7 j Enter Esc 3 j r Esc 2 j q");
    console_keys(console, "j j S Esc K Esc s Esc v j r Esc q / a Esc F1 Esc"
                          " Enter / x Enter Esc ] j ] Esc l Esc");
    app_draw(console->app);
    console_settle(console);
    console_check_bytes(console);
}

START_TEST(hostile_text_stays_text)
{
    struct console *console = console_with("qubes.xml");

    console_wait(console, "running");
    all_over(console, hostile[_i]);
    console_free(console);
}
END_TEST

START_TEST(hostile_length_stays_inside)
{
    struct console *console = console_with("qubes.xml");
    g_autofree char *text = g_strnfill(4096, 'x');

    console_wait(console, "running");
    all_over(console, text);
    console_free(console);
}
END_TEST

/* --- the terminal --- */

START_TEST(bytes_become_keys)
{
    struct console *console = console_with("qubes.xml");

    console_wait(console, "sort: state");
    console_type(console, ">");
    console_wait(console, "sort: name");
    console_type(console, "\033OP");
    console_wait(console, "Help: qubes list");
    console_type(console, "\033");
    console_wait(console, "sort: name");
    console_type(console, "/\xc5\xbc\xc3\xb3");
    console_wait(console, "filter: \xc5\xbc\xc3\xb3");
    console_free(console);
}
END_TEST

START_TEST(hang_up_ends_it)
{
    struct console *console = console_with("qubes.xml");

    console_hang_up(console);
    while (!console->ended)
        g_main_context_iteration(NULL, TRUE);
    ck_assert_int_eq(console->status, 128 + 1);
    console_free(console);
}
END_TEST

START_TEST(q_asks_only_while_something_runs)
{
    struct console *console = console_with("qubes.xml");

    console_wait(console, "libvirt:ok");
    console_keys(console, "q");
    ck_assert(console->ended);
    ck_assert_int_eq(console->status, 0);
    console_free(console);
}
END_TEST

START_TEST(a_question_is_withdrawn_with_its_qube)
{
    static const char uuid[] = "00000000-0000-4000-8000-000000000006";
    struct console *console = console_with("qubes.xml");

    fake_set_state(uuid, "personal", POWER_RUNNING);
    console_wait(console, "2 running");
    console_keys(console, "j S");
    console_wait(console, "Shut down personal?");
    fake_set_state(uuid, NULL, POWER_HALTED);
    console_wait(console, "the question is withdrawn");
    console_wait_gone(console, "y/N");
    console_free(console);
}
END_TEST

START_TEST(a_question_is_withdrawn_with_any_of_its_qubes)
{
    static const char personal[] = "00000000-0000-4000-8000-000000000006";
    static const char work[] = "00000000-0000-4000-8000-000000000007";
    struct console *console = console_with("qubes.xml");

    fake_set_state(personal, "personal", POWER_RUNNING);
    fake_set_state(work, "work", POWER_RUNNING);
    console_wait(console, "3 running");
    console_keys(console, "j Space Space S");
    console_wait(console, "Shut down 2 qubes?");
    fake_set_state(work, NULL, POWER_HALTED);
    console_wait(console, "the question is withdrawn: work: it is not running");
    console_wait_gone(console, "y/N");
    console_wait(console, "2 marked");
    console_free(console);
}
END_TEST

START_TEST(every_size_is_survived)
{
    struct console *console = console_with("qubes.xml");

    console_wait(console, "running");
    for (int h = 1; h < 30; h += 3)
        for (int w = 1; w < 100; w += 7) {
            console_resize(console, h, w);
            console_keys(console, "2 G 3 G r Esc 7 8 q");
            console_keys(console, "v r F1 Esc Esc q K Esc S Esc / x Esc G Enter ] ] Tab j [ q");
        }
    console_resize(console, 24, 80);
    console_wait(console, "sort: state");
    console_free(console);
}
END_TEST

/* --- logs --- */

static void log_put(struct console *console, const char *text, const char *mode)
{
    g_autofree char *path =
        layout_path(console->root, "/var/log/xen/console/guest-personal.log");
    FILE *file = fopen(path, mode);

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(the_clock_stands_in_the_title)
{
    struct console *console;
    g_autofree char *text = NULL;

    ck_assert(setting_set("link", "fast", NULL));
    console = console_with("qubes.xml");
    console_wait(console, "13 qubes");
    text = console_text(console);
    ck_assert(g_regex_match_simple("\\A qmc [^\n]* [0-2][0-9]:[0-5][0-9]\n", text, 0, 0));
    console_free(console);
}
END_TEST

START_TEST(a_wrong_property_is_shown_as_wrong)
{
    struct console *console = console_with("odd.xml");

    console_type(console, ":prefs work memory\r");
    console_wait(console, "memory of work is wrong in the store: m\" 'n (o); what counts is 400");
    console_free(console);
}
END_TEST

/* Who holds a key down is sent the rows only. */
START_TEST(details_follow_when_the_selection_rests)
{
    struct console *console = console_new("xterm-256color", 40, 120);
    g_autofree char *text = NULL;

    console_run(console, root_make("qubes.xml"));
    console_wait(console, " . blk debian-13");
    console_wait(console, "dom0  [blk]  AdminVM");
    console_keys(console, "j j j");
    text = console_text(console);
    ck_assert_ptr_nonnull(strstr(text, "dom0  [blk]  AdminVM"));
    ck_assert(!app_is_whole(console->app));
    console_wait(console, "default-dvm  [red]  AppVM");
    ck_assert(app_is_whole(console->app));
    /* Another view has its own at once. */
    console_keys(console, "3");
    ck_assert(app_is_whole(console->app));
    console_free(console);
}
END_TEST

/* Answers the question for the name of a file; its text, caller frees. */
static char *save_copy(struct console *console, const char *what)
{
    g_autofree char *saved = g_strdup_printf("%s is saved in", what);
    g_autofree char *copy = g_build_filename(console->root, "copy", NULL);
    char *text = NULL;

    console_wait(console, "Save a copy as: ~/");
    console_keys(console, "Ctrl-U");
    for (const char *p = copy; *p; p++)
        app_key(console->app, *p);
    console_keys(console, "Enter");
    console_wait(console, saved);
    ck_assert(g_file_get_contents(copy, &text, NULL, NULL));
    ck_assert_int_eq(g_remove(copy), 0);
    return text;
}

START_TEST(a_log_is_followed_and_copied)
{
    struct console *console = console_with("qubes.xml");
    g_autofree char *text = NULL;

    console_wait(console, "13 qubes");
    console_keys(console, "/ p e r s o n a l Enter l");
    console_wait(console, "Reached target");
    log_put(console, "a line that came later\n", "a");
    console_wait(console, "a line that came later");
    log_put(console, "begun anew\n", "w");
    console_wait(console, "begun anew");
    console_keys(console, "s");
    text = save_copy(console, "the log of 'personal'");
    ck_assert_str_eq(text, "begun anew\n");
    console_free(console);
}
END_TEST

START_TEST(an_error_and_the_events_are_saved)
{
    struct console *console = console_with("qubes.xml");
    g_autofree char *report = NULL;
    g_autofree char *events = NULL;

    fake_script("fail=create");
    console_wait(console, "libvirt:ok");
    console_keys(console, "/ p e r s o n a l Enter");
    console_wait(console, "s Start");
    console_keys(console, "s");
    console_wait(console, "personal was not started");
    console_keys(console, "s");
    report = save_copy(console, "the report");
    ck_assert(g_str_has_prefix(report, "personal was not started\nCAUSE  "));
    ck_assert_ptr_nonnull(strstr(report, "ALREADY UNDONE  "));
    console_keys(console, "Esc 8 s");
    events = save_copy(console, "the event log");
    ck_assert_ptr_nonnull(strstr(events, "the report is saved in"));
    console_free(console);
}
END_TEST

START_TEST(a_qube_that_goes_takes_its_detail_along)
{
    g_autofree char *xml = store_of(3, "qube-"), *less = store_of(2, "qube-");
    struct console *console = console_with(xml);

    console_wait(console, "4 qubes");
    console_keys(console, "/ - 3 Enter Enter");
    console_wait(console, "[Overview]");
    g_autofree char *path = layout_path(console->root, LAYOUT_STORE);
    ck_assert(g_file_set_contents(path, less, -1, NULL));
    console_wait_gone(console, "[Overview]");
    console_free(console);
}
END_TEST

/* --- the hypervisor goes and comes --- */

START_TEST(a_lost_hypervisor_is_told_with_its_reason)
{
    struct console *console = console_with("qubes.xml");

    console_wait(console, "libvirt:ok");
    fake_script("down=1");
    console_wait(console, "libvirt:down  findings:1");
    console_wait(console, "! libvirt is down: ");
    fake_script("down=0");
    console_wait(console, "libvirt:ok");
    console_wait_gone(console, "libvirt is down");
    console_free(console);
}
END_TEST

START_TEST(without_states_nothing_is_offered)
{
    struct console *console = console_with("qubes.xml");

    /* All states are known, so the order is the last one. */
    console_wait(console, "1 running  sort");
    console_keys(console, "j");
    console_wait(console, "s Start");
    fake_script("down=1");
    console_wait_gone(console, "s Start");
    console_wait(console, "F1 Help  Enter Detail");
    console_keys(console, "K");
    console_wait(console, "Kill: not for '");
    console_wait(console, "its state is not known: no answer from libvirt");
    console_keys(console, "a");
    console_wait(console, "K  Kill                not now: its state is not known: ");
    console_free(console);
}
END_TEST

/* --- many qubes --- */

START_TEST(selection_follows_its_qube)
{
    g_autofree char *xml = store_of(200, "qube-");
    struct console *console = console_with(xml);

    console_wait(console, "201 qubes");
    console_wait(console, " . red qube-1 ");
    console_keys(console, "G S");
    console_wait(console, "not for 'qube-99'");
    /* By state it moves from the last line to the first. */
    fake_set_state("00000000-0000-4000-8000-000000000099", "qube-99",
                   POWER_RUNNING);
    console_wait(console, "2 running");
    console_keys(console, "S");
    console_wait(console, "Shut down qube-99?");
    console_wait(console, " R red qube-99 ");
    console_free(console);
}
END_TEST

START_TEST(many_are_scrolled_and_filtered)
{
    g_autofree char *xml = store_of(200, "qube-");
    struct console *console = console_with(xml);

    console_wait(console, " . red qube-1 ");
    console_keys(console, "PgDn PgDn");
    console_wait_gone(console, " qube-1 ");
    console_keys(console, "/ - 1 5 Enter");
    console_wait(console, "11 of 201 qubes");
    console_keys(console, "G Esc");
    console_wait(console, "201 qubes");
    console_wait(console, " qube-159 ");
    console_keys(console, "g");
    console_wait(console, " qube-1 ");
    console_free(console);
}
END_TEST

/* --- the store goes and comes --- */

static void store_put(struct console *console, const char *text)
{
    g_autofree char *path = layout_path(console->root, LAYOUT_STORE);

    if (text)
        ck_assert(g_file_set_contents(path, text, -1, NULL));
    else
        ck_assert_int_eq(g_remove(path), 0);
}

START_TEST(a_lost_store_is_told_and_found_again)
{
    g_autofree char *xml = store_of(3, "qube-");
    struct console *console = console_with(xml);

    console_wait(console, "4 qubes");
    store_put(console, NULL);
    console_wait(console, "the store cannot be read");
    store_put(console, xml);
    console_wait(console, "4 qubes");
    console_wait_gone(console, "cannot be read");
    store_put(console, "<qubes>\n<domains>\n<domain");
    console_wait(console, "line 3");
    console_wait(console, "read-only");
    store_put(console, NULL);
    console_wait_gone(console, "line 3");
    store_put(console, xml);
    console_wait(console, "4 qubes");
    console_wait_gone(console, "read-only");
    console_free(console);
}
END_TEST

START_TEST(the_strongest_question_for_several_wants_count_and_word)
{
    char personal[] = "00000000-0000-4000-8000-000000000006";
    char work[] = "00000000-0000-4000-8000-000000000007";
    char *const uuids[] = {personal, work, NULL};
    struct action action = {.op = "kill", .consent = CONFIRM_L3, .uuids = uuids};
    struct console *console = console_with("qubes.xml");

    fake_set_state(personal, "personal", POWER_RUNNING);
    fake_set_state(work, "work", POWER_RUNNING);
    console_wait(console, "3 running");
    question_open(console->app, &action);
    console_wait(console, "Type 2 kill:");
    console_keys(console, "2 Space k i l x Enter");
    console_wait(console, "This is not 2 kill.");
    console_keys(console, "Tab Tab Enter");
    console_wait(console, "This is not 2 kill.");
    console_keys(console, "Backspace l");
    console_wait_gone(console, "This is not");
    console_keys(console, "Enter");
    console_wait(console, "Type 2 kill:");
    console_keys(console, "Enter");
    console_wait_gone(console, "Type 2 kill:");
    console_wait(console, "1 running");
    console_free(console);
}
END_TEST

START_TEST(what_the_list_shows_is_remembered)
{
    struct console *console = console_with("qubes.xml");

    console_wait(console, "libvirt:ok");
    console_keys(console, "> I o Space Esc / s y s Enter");
    console_wait(console, "filter: sys  sort: name reversed");
    app_free(console->app);
    console->app = app_new(console->engine);
    app_draw(console->app);
    console_wait(console, "sort: name reversed");
    /* Not what hides qubes: it may be another system. */
    console_wait_gone(console, "filter:");
    console_wait_gone(console, "CLASS");
    console_wait(console, "TEMPLATE");
    console_free(console);
}
END_TEST

/* --- what is told --- */

static guint told(struct console *console, const char *begin, const char *end)
{
    const struct journal *journal = app_journal(console->app);
    guint n = 0;

    for (guint i = 0; i < journal_length(journal); i++) {
        const char *text = journal_at(journal, i)->text;

        n += g_str_has_prefix(text, begin) && g_str_has_suffix(text, end);
    }
    return n;
}

static void told_soon(struct console *console, const char *begin, const char *end)
{
    gint64 limit = g_get_monotonic_time() + PROMPT_US;

    while (told(console, begin, end) == 0) {
        g_autofree char *screen = console_text(console);

        ck_assert_msg(g_get_monotonic_time() < limit, "no '%s ... %s' with:\n%s", begin, end,
                      screen);
        g_main_context_iteration(NULL, TRUE);
    }
}

/* Only the first has a box. */
START_TEST(each_failure_of_several_is_told_by_name)
{
    static const char *const names[] = {"personal", "vault", "work"};
    struct console *console = console_with("qubes.xml");
    const char why[] = "call 'create' failed as the script says";
    guint boxed = 0, later = 0;

    console_wait(console, " . blu work");
    fake_script("fail=create");
    console_keys(console, "+ p e r s Enter + v a u Enter + w o r k Enter s");
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *begin = g_strdup_printf("%s was not started", names[i]);
        g_autofree char *plain = g_strdup_printf("%s: call", begin);
        g_autofree char *more = g_strdup_printf("%s (7 tells more): call", begin);

        told_soon(console, begin, why);
        boxed += told(console, plain, why);
        later += told(console, more, why);
    }
    ck_assert_uint_eq(boxed, 1);
    ck_assert_uint_eq(later, 2);
    console_free(console);
}
END_TEST

static char *store_with_netvm(const char *properties, const char *name)
{
    g_autofree char *xml = store_of(2, name);
    g_auto(GStrv) parts = g_strsplit(xml, "<properties/><domains>", 2);

    return g_strconcat(parts[0], "<properties>", properties, "</properties><domains>",
                       parts[1], NULL);
}

static void store_replace(struct console *console, const char *xml)
{
    g_autofree char *path = layout_path(console->root, LAYOUT_STORE);
    char begin[] = "the store was changed by another program";
    guint before = told(console, begin, "");

    ck_assert(g_file_set_contents(path, xml, -1, NULL));
    while (told(console, begin, "") == before)
        g_main_context_iteration(NULL, TRUE);
}

START_TEST(a_volume_is_shown_by_its_name)
{
    struct console *console = console_with("qubes.xml");

    console_keys(console, ": v o l Space i n f o Space v a u l t : n o n e Enter");
    console_wait(console, "'none' is no volume of 'vault'");
    console_keys(console, "Ctrl-U v o l Space i n f o Space v a u l t : r o o t Enter");
    console_wait(console, "-- vault:root --");
    console_keys(console, ": v o l Space i n f o Space v a u l t : v o l a t i l e Enter");
    console_wait(console, "-- vault:volatile --");
    console_free(console);
}
END_TEST

START_TEST(each_finding_of_the_store_is_told_once)
{
    static const char netvm[] = "<property name=\"default_netvm\">nosuch</property>";
    static const char both[] = "<property name=\"default_netvm\">nosuch</property>"
                               "<property name=\"clockvm\">nobody</property>";
    g_autofree char *one = store_with_netvm(netvm, "qube-");
    g_autofree char *same = store_with_netvm(netvm, "cube-");
    g_autofree char *two = store_with_netvm(both, "qube-");
    struct console *console = console_with(one);
    guint first = journal_length(app_journal(console->app));

    ck_assert_uint_ge(first, 1);
    ck_assert_ptr_nonnull(strstr(journal_at(app_journal(console->app), first - 1)->text,
                                 "nosuch"));
    console_wait(console, "'nosuch'");
    store_replace(console, same);
    ck_assert_uint_eq(journal_length(app_journal(console->app)), first + 1);
    store_replace(console, two);
    ck_assert_uint_eq(journal_length(app_journal(console->app)), first + 3);
    console_wait(console, "'nobody'");
    console_keys(console, "8 g Enter");
    console_wait(console, "EVENT  ");
    console_free(console);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_failure_of_several_is_told_by_name,
        each_finding_of_the_store_is_told_once,
        a_volume_is_shown_by_its_name,
        first_frame_while_the_hypervisor_hangs,
        keys_are_answered_while_calls_hang,
        cursor_key_is_cheap,
        cursor_key_is_cheap_with_details,
        nothing_is_written_when_nothing_changes,
        hostile_length_stays_inside,
        bytes_become_keys,
        hang_up_ends_it,
        q_asks_only_while_something_runs,
        a_question_is_withdrawn_with_its_qube,
        a_question_is_withdrawn_with_any_of_its_qubes,
        the_strongest_question_for_several_wants_count_and_word,
        what_the_list_shows_is_remembered,
        every_size_is_survived,
        a_log_is_followed_and_copied,
        an_error_and_the_events_are_saved,
        details_follow_when_the_selection_rests,
        the_clock_stands_in_the_title,
        a_qube_that_goes_takes_its_detail_along,
        a_lost_hypervisor_is_told_with_its_reason,
        without_states_nothing_is_offered,
        selection_follows_its_qube,
        a_wrong_property_is_shown_as_wrong,
        many_are_scrolled_and_filtered,
        a_lost_store_is_told_and_found_again,
        NULL,
    };
    TCase *loop = tcase_create("hostile");

    tcase_set_timeout(loop, 60);
    tcase_add_loop_test(loop, hostile_text_stays_text, 0,
                        (int)G_N_ELEMENTS(hostile));
    return suite_run_cases("console", tests, NULL, NULL, loop);
}
