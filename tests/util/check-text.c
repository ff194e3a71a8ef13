/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "util/text.h"

#include <string.h>

#include "tests/util/suite.h"

static void ck_sanitised(const char *untrusted, gssize len, const char *expected)
{
    g_autofree char *text = text_sanitise(untrusted, len);

    ck_assert_str_eq(text, expected);
    ck_assert(g_utf8_validate(text, -1, NULL));
}

START_TEST(a_value_shows_what_ends_its_line)
{
    g_autofree char *text = text_sanitise_value("a\tb\nc\x1b \xe2\x80\xae.", -1);

    ck_assert_str_eq(text, "a\\tb\\nc? .");
}
END_TEST

START_TEST(several_lines_stay_lines)
{
    g_autofree char *text = text_sanitise_lines("a\tb\n\x1b[1m\r\xe2\x80\xae\n", -1);

    ck_assert_str_eq(text, "a\tb\n?[1m?\n");
}
END_TEST

START_TEST(sanitise_keeps_text)
{
    ck_sanitised(NULL, -1, "");
    ck_sanitised("", -1, "");
    ck_sanitised("plain ASCII ~!@", -1, "plain ASCII ~!@");
    ck_sanitised("Zażółć gęślą jaźń", -1, "Zażółć gęślą jaźń");
    ck_sanitised("日本語 עברית", -1, "日本語 עברית");
    ck_sanitised("e\u0301", -1, "e\u0301");
    ck_sanitised("abcdef", 3, "abc");
}
END_TEST

START_TEST(sanitise_replaces_controls)
{
    ck_sanitised("a\tb\nc", -1, "a b c");
    ck_sanitised("\033[31m\007\177", -1, "?[31m??");
    ck_sanitised("a\0b", 3, "a?b");
    ck_sanitised("\xc2\x85\xc2\x9b", -1, "??");
    ck_sanitised("\u0378\ue000", -1, "??");
    ck_sanitised("a\u2028b\u00a0c\u3000d", -1, "a b c d");
}
END_TEST

START_TEST(sanitise_replaces_bad_utf8)
{
    ck_sanitised("\xff\xfe", -1, "??");
    ck_sanitised("a\xc3", -1, "a?");
    ck_sanitised("\xc0\xaf", -1, "??");
    ck_sanitised("\xed\xa0\x80z", -1, "???z");
    ck_sanitised("\xf4\x90\x80\x80", -1, "????");
    ck_sanitised("\xe2\x82", 2, "??");
    ck_sanitised("\xe2\x82\xac", 2, "??");
}
END_TEST

START_TEST(sanitise_drops_what_cannot_be_seen)
{
    ck_sanitised("a\u202eb\u2066c\u200dd\u200be\ufefff", -1, "abcdef");
    ck_sanitised("a\u00adb", -1, "ab");
    ck_sanitised("work\u3164\u115f\ufe0f", -1, "work");
    ck_sanitised("\u0301a", -1, "a");
    ck_sanitised("a\u0301\u0302\u0303\u0304\u0305\u0306z", -1,
                 "a\u0301\u0302\u0303z");
}
END_TEST

START_TEST(sanitise_never_makes_more_than_it_got)
{
    char untrusted[4];

    for (guint i = 0; i < 0x10000; i++) {
        g_autofree char *text = NULL;

        untrusted[0] = (char)(i >> 8);
        untrusted[1] = (char)i;
        untrusted[2] = untrusted[0];
        untrusted[3] = untrusted[1];
        text = text_sanitise(untrusted, 4);
        ck_assert_uint_le(strlen(text), 4);
        ck_assert(g_utf8_validate(text, -1, NULL));
        for (const char *p = text; *p; p++)
            ck_assert((guchar)*p >= 0x20 && *p != 0x7f);
    }
}
END_TEST

START_TEST(width_counts_columns)
{
    ck_assert_int_eq(text_width(""), 0);
    ck_assert_int_eq(text_width("abc"), 3);
    ck_assert_int_eq(text_width("ż"), 1);
    ck_assert_int_eq(text_width("e\u0301"), 1);
    ck_assert_int_eq(text_width("日本"), 4);
    ck_assert_int_eq(text_width("\U0001F600"), 2);
}
END_TEST

static void ck_fit(const char *text, int columns, enum text_align align,
                   const char *expected)
{
    g_autofree char *fit = text_fit(text, columns, align);

    ck_assert_str_eq(fit, expected);
    ck_assert_int_eq(text_width(fit), MAX(columns, 0));
}

START_TEST(fit_pads_and_cuts)
{
    ck_fit("abc", 5, TEXT_LEFT, "abc  ");
    ck_fit("abc", 5, TEXT_RIGHT, "  abc");
    ck_fit("abc", 3, TEXT_RIGHT, "abc");
    ck_fit("abcd", 3, TEXT_LEFT, "ab~");
    ck_fit("abcd", 3, TEXT_RIGHT, "ab~");
    ck_fit("abcd", 1, TEXT_LEFT, "~");
    ck_fit("abcd", 0, TEXT_LEFT, "");
    ck_fit("abcd", -1, TEXT_LEFT, "");
    ck_fit("", 2, TEXT_LEFT, "  ");
    ck_fit("", 0, TEXT_LEFT, "");
}
END_TEST

START_TEST(fit_does_not_split_characters)
{
    ck_fit("日本語", 6, TEXT_LEFT, "日本語");
    ck_fit("日本語", 5, TEXT_LEFT, "日本~");
    ck_fit("日本語", 4, TEXT_LEFT, "日 ~");
    ck_fit("日本語", 1, TEXT_LEFT, "~");
    ck_fit("日本語", 8, TEXT_RIGHT, "  日本語");
    ck_fit("ae\u0301bcd", 3, TEXT_LEFT, "ae\u0301~");
}
END_TEST

static void ck_size(guint64 bytes, const char *brief, const char *full)
{
    g_autofree char *a = text_size(bytes), *b = text_size_long(bytes);

    ck_assert_str_eq(a, brief);
    ck_assert_str_eq(b, full);
}

START_TEST(sizes_are_rounded_to_nearest)
{
    ck_size(0, "0", "0 B");
    ck_size(512, "512", "512 B");
    ck_size(1023, "1023", "1023 B");
    ck_size(1024, "1.0K", "1.0 KiB");
    ck_size(1075, "1.0K", "1.0 KiB");
    ck_size(1076, "1.1K", "1.1 KiB");
    ck_size(1024 * 1024 - 1, "1.0M", "1.0 MiB");
    ck_size(1023 * 1024, "1023.0K", "1023.0 KiB");
    ck_size(20ull << 30, "20.0G", "20.0 GiB");
    ck_size(40000000000ull, "37.3G", "37.3 GiB");
    ck_size(G_MAXINT64, "8.0E", "8.0 EiB");
    ck_size(G_MAXUINT64, "16.0E", "16.0 EiB");
}
END_TEST

START_TEST(size_parse_takes_what_users_type)
{
    static const struct {
        const char *text;
        guint64 bytes;
    } good[] = {
        { "40G", 42949672960 },     { "40GiB", 42949672960 },
        { "40960M", 42949672960 },  { "42949672960", 42949672960 },
        { "42949672960B", 42949672960 },
        { "40GB", 40000000000 },    { "40gb", 40000000000 },
        { "40 g", 42949672960 },    { "  40 GiB  ", 42949672960 },
        { "\t40g\t", 42949672960 }, { "1.5K", 1536 },
        { "0.5K", 512 },            { "1.5KB", 1500 },
        { "0.000000001GB", 1 },     { "1k", 1024 },
        { "1", 1 },                 { "1T", 1ull << 40 },
        { "1P", 1ull << 50 },       { "7E", 7ull << 60 },
        { "9223372036854775807", G_MAXINT64 },
        { "7.999999999E", 9223372035701854303ull },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        guint64 bytes = 0;
        g_autoptr(GError) error = NULL;

        ck_assert_msg(text_size_parse(good[i].text, &bytes, &error), "%s",
                      good[i].text);
        ck_assert_uint_eq(bytes, good[i].bytes);
    }
}
END_TEST

START_TEST(size_parse_refuses_the_rest)
{
    static const char *const bad[] = {
        "", " ", "0", "0G", "-1", "-1G", "+1G", "G", "1.", ".5G", "1.5", "1,5G",
        "10 GB of", "10  GB", "1 0G", "0x10", "1e9", "9223372036854775808",
        "8E", "18446744073709551616", "99999999999999999999999G", "1GiBB",
        "1BG", "1Q", "1.0000000001G", "0.1B", "0.0000000001K", "0.000000001K",
        "1G\n2", "\u0661G", "nan", "1\033G", "100%",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        guint64 bytes = 4711;
        GError *error = NULL;

        ck_assert_msg(!text_size_parse(bad[i], &bytes, &error), "%s", bad[i]);
        ck_assert_uint_eq(bytes, 4711);
        ck_assert_ptr_null(strchr(error->message, '\033'));
        ck_assert_ptr_nonnull(error_hint(error));
        ck_error(&error, QMC_ERROR_INVALID, "a number over 0");
    }
}
END_TEST

START_TEST(size_round_trips)
{
    for (int shift = 0; shift < 63; shift++) {
        guint64 bytes = 1ull << shift, back = 0;
        g_autofree char *text = text_size(bytes), *full = text_size_long(bytes);

        ck_assert(text_size_parse(text, &back, NULL));
        ck_assert_uint_eq(back, bytes);
        ck_assert(text_size_parse(full, &back, NULL));
        ck_assert_uint_eq(back, bytes);
    }
}
END_TEST

START_TEST(int_parse_is_strict)
{
    static const char *const bad[] = { "",   " 1", "1 ",  "+1", "0x1", "1.0",
                                       "11", "-1", "one", "99999999999999999999" };
    gint64 value = 4711;

    ck_assert(text_int_parse("0", 0, 10, "count", &value, NULL));
    ck_assert_int_eq(value, 0);
    ck_assert(text_int_parse("-5", -5, 10, "count", &value, NULL));
    ck_assert_int_eq(value, -5);
    value = 4711;
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *error = NULL;

        ck_assert_msg(!text_int_parse(bad[i], 0, 10, "count", &value, &error),
                      "%s", bad[i]);
        ck_assert_int_eq(value, 4711);
        ck_error(&error, QMC_ERROR_INVALID, "from 0 to 10");
    }
}
END_TEST

static void ck_quoted(const char *text, const char *expected)
{
    g_autofree char *quoted = text_shell_quote(text);
    g_autofree char *back = g_shell_unquote(quoted, NULL);

    ck_assert_str_eq(quoted, expected);
    ck_assert_str_eq(back, text);
}

START_TEST(shell_quote_is_sparing)
{
    ck_quoted("work:private", "work:private");
    ck_quoted("40G", "40G");
    ck_quoted("", "''");
    ck_quoted("two words", "'two words'");
    ck_quoted("$(reboot)", "'$(reboot)'");
    ck_quoted("it's", "'it'\\''s'");
    ck_quoted("~root", "'~root'");
    ck_quoted("a*", "'a*'");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        sanitise_keeps_text, a_value_shows_what_ends_its_line,
        several_lines_stay_lines, sanitise_replaces_controls,
        sanitise_replaces_bad_utf8, sanitise_drops_what_cannot_be_seen,
        sanitise_never_makes_more_than_it_got, width_counts_columns,
        fit_pads_and_cuts, fit_does_not_split_characters,
        sizes_are_rounded_to_nearest, size_parse_takes_what_users_type,
        size_parse_refuses_the_rest, size_round_trips, int_parse_is_strict,
        shell_quote_is_sparing, NULL,
    };

    return suite_run("text", tests);
}
