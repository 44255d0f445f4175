// A controller written by wann_rt as a ros2_control controller, for Humble and Jazzy.
//
// update() allocates nothing, takes no lock and has no loop but over channels: it may run in the
// real-time thread of the controller manager.
#include <cmath>
#include <string>
#include <vector>

#include "controller_interface/controller_interface.hpp"
#include "pluginlib/class_list_macros.hpp"
#include "policy.h"
#include "wann_guard.h"

namespace wann_controller {

using controller_interface::CallbackReturn;
using controller_interface::interface_configuration_type;
using controller_interface::InterfaceConfiguration;
using controller_interface::return_type;

class WannController : public controller_interface::ControllerInterface {
  public:
    CallbackReturn on_init() override {
        auto_declare<std::vector<std::string>>("observations", {});
        auto_declare<std::vector<std::string>>("actions", {});
        auto_declare<std::vector<double>>("action_scale", {});
        auto_declare<std::vector<double>>("fail_safe", {});
        auto_declare<std::vector<double>>("most_change", {});
        auto_declare<double>("tolerance", 0.2);
        return CallbackReturn::SUCCESS;
    }

    CallbackReturn on_configure(const rclcpp_lifecycle::State &) override {
        if (policy_selftest() != 0) {
            return refuse("this build does not compute the bits that were searched");
        }
        sources_.clear();
        const auto observations = get_node()->get_parameter("observations"); // it owns the texts
        for (const auto &text : observations.as_string_array()) {
            sources_.push_back(source_of(text));
        }
        actions_ = get_node()->get_parameter("actions").as_string_array();
        scale_ = numbers("action_scale");
        safe_ = numbers("fail_safe");
        most_ = numbers("most_change");
        if (sources_.size() != POLICY_N_OBSERVATIONS || actions_.size() != POLICY_N_ACTIONS ||
            scale_.size() != POLICY_N_ACTIONS || safe_.size() != POLICY_N_ACTIONS ||
            most_.size() != POLICY_N_ACTIONS) {
            return refuse("the parameters name another number of observations or actions");
        }
        if (std::fabs(get_update_rate() * (POLICY_DT_US * 1e-6) - 1.0) > 1e-3) {
            return refuse("the update rate is not the one at which the controller was searched");
        }
        return CallbackReturn::SUCCESS;
    }

    CallbackReturn on_activate(const rclcpp_lifecycle::State &) override {
        const double tolerance = get_node()->get_parameter("tolerance").as_double();
        wann_guard_start(&guard_, POLICY_DT_US, static_cast<uint32_t>(tolerance * POLICY_DT_US), 0);
        now_us_ = 0;
        for (size_t k = 0; k < POLICY_N_ACTIONS; k++) {
            driven_[k] = safe_[k];
        }
        return CallbackReturn::SUCCESS;
    }

    CallbackReturn on_deactivate(const rclcpp_lifecycle::State &) override {
        for (size_t k = 0; k < POLICY_N_ACTIONS; k++) {
            command_interfaces_[k].set_value(static_cast<double>(safe_[k]) * scale_[k]);
        }
        return CallbackReturn::SUCCESS;
    }

    InterfaceConfiguration command_interface_configuration() const override {
        return {interface_configuration_type::INDIVIDUAL, actions_};
    }

    InterfaceConfiguration state_interface_configuration() const override {
        std::vector<std::string> names;
        for (const auto &source : sources_) {
            names.push_back(source.interface);
        }
        return {interface_configuration_type::INDIVIDUAL, names};
    }

    return_type update(const rclcpp::Time &, const rclcpp::Duration &period) override {
        float obs[POLICY_N_OBSERVATIONS];
        float wanted[POLICY_N_ACTIONS];

        now_us_ += static_cast<uint32_t>(period.seconds() * 1e6 + 0.5);
        (void)wann_guard_begin(&guard_, now_us_, 1);
        for (size_t k = 0; k < POLICY_N_OBSERVATIONS; k++) {
            obs[k] = static_cast<float>(sources_[k].of(state_interfaces_[k].get_value()));
        }
        if ((policy_step_checked(obs, wanted) & POLICY_STATUS_NOT_FINITE) != 0) {
            wann_guard_latch(&guard_, WANN_GUARD_INPUT);
        }
        wann_guard_act(&guard_, wanted, safe_.data(), most_.data(), driven_, POLICY_N_ACTIONS);
        for (size_t k = 0; k < POLICY_N_ACTIONS; k++) {
            command_interfaces_[k].set_value(static_cast<double>(driven_[k]) * scale_[k]);
        }
        return return_type::OK;
    }

  private:
    struct Source {
        std::string interface;
        double (*function)(double);
        double of(double x) const { return function == nullptr ? x : function(x); }
    };

    // "cos pole/position" is the cosine of what pole/position measures.
    static Source source_of(const std::string &text) {
        if (text.rfind("cos ", 0) == 0) {
            return {text.substr(4), [](double x) { return std::cos(x); }};
        }
        if (text.rfind("sin ", 0) == 0) {
            return {text.substr(4), [](double x) { return std::sin(x); }};
        }
        return {text, nullptr};
    }

    std::vector<float> numbers(const std::string &name) {
        const std::vector<double> found = get_node()->get_parameter(name).as_double_array();
        return std::vector<float>(found.begin(), found.end());
    }

    CallbackReturn refuse(const char *why) {
        RCLCPP_ERROR(get_node()->get_logger(), "refused: %s", why);
        return CallbackReturn::ERROR;
    }

    std::vector<Source> sources_;
    std::vector<std::string> actions_;
    std::vector<float> scale_, safe_, most_;
    float driven_[POLICY_N_ACTIONS] = {};
    wann_guard guard_ = {};
    uint32_t now_us_ = 0;
};

} // namespace wann_controller

PLUGINLIB_EXPORT_CLASS(wann_controller::WannController, controller_interface::ControllerInterface)
