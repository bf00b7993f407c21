//! The most instructions that one operation of each case may take. To lower a
//! bound, change its number here; to count anew, see `main.rs`: it shows what a
//! round takes, of 1,000 operations (of 20,000 for the capture).
//!
//! Each is what was counted plus 12 %, with rustc 1.95.0 on x86-64 with AVX2, glibc
//! 2.36 and valgrind 3.19. Another compiler may need other bounds: count the same
//! source with both, and move the bounds in a commit of its own.
//!
//! Heat: cold.

macro_rules! bounds {
    ($count:ident) => { $count! {
        parse {
            plain                   "parse/plain"                2099;
            dogstatsd_tags          "parse/DogStatsD tags"       3522;
            influxdb_tags           "parse/InfluxDB tags"        3823;
            librato_tags            "parse/Librato tags"         3727;
            signalfx_tags           "parse/SignalFX tags"        3762;
            of_8_values_in_one_line "parse/8 values in one line" 5133;
            refused_line            "parse/refused line"         332;
            refused_value           "parse/refused value"        2572;
        }
        route {
            miss_built_in_mapping                 "route/miss, built-in mapping"                 7661;
            miss_published_mapping                "route/miss, published mapping"                25931;
            miss_10_globs                         "route/miss, 10 globs"                         4430;
            miss_100_globs                        "route/miss, 100 globs"                        4428;
            miss_1000_globs                       "route/miss, 1000 globs"                       4424;
            miss_10_regexes                       "route/miss, 10 regexes"                       14569;
            miss_100_regexes                      "route/miss, 100 regexes"                      15143;
            miss_1000_regexes                     "route/miss, 1000 regexes"                     15416;
            miss_10_regexes_with_one_prefix       "route/miss, 10 regexes with one prefix"       20138;
            miss_100_regexes_with_one_prefix      "route/miss, 100 regexes with one prefix"      20148;
            miss_1000_regexes_with_one_prefix     "route/miss, 1000 regexes with one prefix"     20808;
            no_match_1000_globs                   "route/no match, 1000 globs"                   2218;
            no_match_1000_regexes                 "route/no match, 1000 regexes"                 2928;
            no_match_1000_regexes_with_one_prefix "route/no match, 1000 regexes with one prefix" 2718;
            hit_published_mapping                 "route/hit, published mapping"                 1039;
            hit_10_globs                          "route/hit, 10 globs"                          990;
            hit_1000_globs                        "route/hit, 1000 globs"                        1000;
            hit_1000_regexes                      "route/hit, 1000 regexes"                      998;
            hit_1000_regexes_with_one_prefix      "route/hit, 1000 regexes with one prefix"      997;
        }
        first_sight {
            built_in_mapping                "first sight/built-in mapping"             15462;
            published_mapping               "first sight/published mapping"            33941;
            of_10_globs                     "first sight/10 globs"                     12079;
            of_100_globs                    "first sight/100 globs"                    12097;
            of_1000_globs                   "first sight/1000 globs"                   12173;
            of_10_regexes                   "first sight/10 regexes"                   22233;
            of_100_regexes                  "first sight/100 regexes"                  22799;
            of_1000_regexes                 "first sight/1000 regexes"                 25284;
            of_10_regexes_with_one_prefix   "first sight/10 regexes with one prefix"   27866;
            of_100_regexes_with_one_prefix  "first sight/100 regexes with one prefix"  27873;
            of_1000_regexes_with_one_prefix "first sight/1000 regexes with one prefix" 30918;
            no_rule_of_the_built_in_mapping "first sight/no rule of the built-in mapping" 8112;
            refused_built_in_mapping        "first sight/refused, built-in mapping"    15218;
            refused_published_mapping       "first sight/refused, published mapping"   33673;
        }
        apply {
            counter              "apply/counter"               72;
            counter_fractions    "apply/counter, fractions"    83;
            gauge_set            "apply/gauge set"             33;
            gauge_moved          "apply/gauge moved"           49;
            summary              "apply/summary"               162;
            histogram_classic    "apply/histogram, classic"    140;
            histogram_native_too "apply/histogram, native too" 217;
        }
        ingest {
            a_counter_that_is_known     "ingest/a counter that is known"      983;
            a_gauge_that_is_known       "ingest/a gauge that is known"        867;
            a_summary_that_is_known     "ingest/a summary that is known"      1155;
            a_tagged_line_that_is_known "ingest/a tagged line that is known"  1121;
            the_capture_16_lines_packed "ingest/the capture, 16 lines packed" 980;
            the_capture                 "ingest/the capture"                  1046;
            without_a_cache             "ingest/without a cache"              29663;
            a_counter_that_is_refused   "ingest/a counter that is refused"    970;
        }
        encode {
            counters_text                  "encode/counters, text"                   1207;
            counters_protobuf              "encode/counters, protobuf"               2407;
            gauges_text                    "encode/gauges, text"                     1199;
            gauges_protobuf                "encode/gauges, protobuf"                 2332;
            summaries_of_3_values_text     "encode/summaries of 3 values, text"      4597;
            summaries_of_3_values_protobuf "encode/summaries of 3 values, protobuf"  3671;
            busy_summaries_text            "encode/busy summaries, text"             19458;
            busy_summaries_protobuf        "encode/busy summaries, protobuf"         18042;
            histograms_classic_text        "encode/histograms, classic, text"        7886;
            histograms_classic_protobuf    "encode/histograms, classic, protobuf"    4162;
            histograms_native_too_text     "encode/histograms, native too, text"     7889;
            histograms_native_too_protobuf "encode/histograms, native too, protobuf" 5059;
        }
    } };
}
