/* What the machine allows. */

#include "check.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    furnace_report *report;
    OK(furnace_doctor_examine(&report, &error));
    size_t count = furnace_report_count(report);
    CHECK(count > 10);
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        CHECK(*furnace_report_name(report, i) && *furnace_report_purpose(report, i) && *furnace_report_found(report, i));
        int outcome = furnace_report_outcome(report, i);
        CHECK(outcome >= FURNACE_OUTCOME_YES && outcome <= FURNACE_OUTCOME_NO);
        CHECK((outcome == FURNACE_OUTCOME_YES) == !furnace_report_remedy(report, i));
        if (furnace_report_required(report, i) && outcome != FURNACE_OUTCOME_YES)
            all = false;
    }
    CHECK(all == furnace_report_can_start(report));
    CHECK(!furnace_report_name(report, count) && !furnace_report_purpose(report, count) && !furnace_report_found(report, count));
    CHECK(!furnace_report_remedy(report, count) && furnace_report_outcome(report, count) == 0);
    CHECK(!furnace_report_required(report, count));
    furnace_report_free(report);
    return 0;
}
